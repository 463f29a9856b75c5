-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- SLIP (RFC 1055), for camex.lua: finds the frames in the records of a serial line.

local END, ESC = 0xC0, 0xDB
local FRAME_MAX = 65535 -- bytes

-- Find the first frame in BYTES, from position AT on, that is not empty. Returns the positions of
-- its beginning and of its END, or nil for the latter.
local function next_frame(bytes, at)
	while bytes:byte(at) == END do at = at + 1 end
	if at > #bytes then return nil end
	return at, bytes:find(string.char(END), at, true)
end

-- Decode the escapes of a frame. Returns nil if an escape is invalid.
local function unescape(escaped)
	local bad = false
	local frame = escaped:gsub("\219(.?)", function(what)
		if what == "\220" then return string.char(END) end
		if what == "\221" then return string.char(ESC) end
		bad = true
		return ""
	end)
	return not bad and frame or nil
end

local function has_end(bytes)
	return bytes:find(string.char(END), 1, true) ~= nil
end

-- Find all complete frames in BYTES. Returns their positions (with escapes, without END) and their
-- decoded content (nil for a bad escape), and the position after the last END.
local function split(bytes)
	local frames, at = {}, 1
	while true do
		local from, stop = next_frame(bytes, at)
		if not stop then return frames, from or #bytes + 1 end
		frames[#frames + 1] = { from = from, to = stop - 1, bytes = unescape(bytes:sub(from, stop - 1)) }
		at = stop + 1
	end
end

-- Make the dissector of protocol SLIP, with the fields F and the expert infos E of camex.lua. It
-- calls DISSECT_FRAME(tvb, pinfo, item, root) for the content of each frame.
return function(slip, f, e, dissect_frame)
	local M = {}
	-- the incomplete frame of each direction, and that which each record continues
	local partial, continued

	-- Forget everything before another capture is read.
	function M.forget()
		partial, continued = {}, {}
	end
	M.forget()

	-- Keep BYTES, an incomplete frame, for the next record of that direction.
	local function keep(pinfo, bytes)
		if pinfo.visited or bytes == "" or not slip.prefs.continue then return end
		local held = partial[pinfo.p2p_dir] or { size = 0 }
		partial[pinfo.p2p_dir] = held
		held.size = held.size + #bytes
		held[#held + 1] = bytes
		if held.size > FRAME_MAX then
			held = { size = held.size } -- only the size
			partial[pinfo.p2p_dir] = held
		end
	end

	-- Get the bytes that were kept for a record with an END; false if they are too many.
	local function kept(pinfo)
		if not pinfo.visited then
			local held = partial[pinfo.p2p_dir]
			partial[pinfo.p2p_dir] = nil
			continued[pinfo.number] = held and held.size <= FRAME_MAX and table.concat(held)
		end
		return continued[pinfo.number]
	end

	function M.dissect(tvb, pinfo, root)
		if tvb:len() == 0 then return end
		pinfo.cols.protocol = "SLIP"
		local item, bytes, frames, rest = root:add(slip, tvb()), tvb:raw(), {}, 1
		if has_end(bytes) then
			local before = kept(pinfo)
			if before == false then
				item:add_proto_expert_info(e.length, "A frame of more than " .. FRAME_MAX .. " bytes ends here")
				bytes = bytes:sub((bytes:find(string.char(END), 1, true)))
			end
			bytes = (before or "") .. bytes
			frames, rest = split(bytes)
		end
		local held = bytes:sub(rest)
		keep(pinfo, held)
		pinfo.cols.info = #frames .. " frames"
		local all = ByteArray.new(bytes, true):tvb("Serial line")
		for _, frame in ipairs(frames) do
			local part = item:add(f.frame, all(frame.from - 1, frame.to - frame.from + 1))
			if not frame.bytes then
				part:add_proto_expert_info(e.escape)
			else
				part:add(f.frame_length, #frame.bytes):set_generated()
				dissect_frame(ByteArray.new(frame.bytes, true):tvb("Frame"), pinfo, part, root)
			end
		end
		if #held > 0 then
			item:add_proto_expert_info(e.partial, #held .. " bytes of a frame without END")
		end
	end

	return M
end
