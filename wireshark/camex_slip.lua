-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- SLIP (RFC 1055), for camex.lua: bytes of a serial line, record by record, to frames.

local END, ESC = 0xC0, 0xDB
local FRAME_MAX = 65535 -- bytes

-- The first frame in BYTES from position AT on that is not empty: where it begins, and where
-- its END is or nil.
local function next_frame(bytes, at)
	while bytes:byte(at) == END do at = at + 1 end
	if at > #bytes then return nil end
	return at, bytes:find(string.char(END), at, true)
end

-- What the frame ESCAPED says; nil if an escape in it is none.
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

-- The whole frames of BYTES, where they lie with their escapes but without END, and what they
-- say, nil for a bad escape; and where what follows the last END begins.
local function split(bytes)
	local frames, at = {}, 1
	while true do
		local from, stop = next_frame(bytes, at)
		if not stop then return frames, from or #bytes + 1 end
		frames[#frames + 1] = { from = from, to = stop - 1, bytes = unescape(bytes:sub(from, stop - 1)) }
		at = stop + 1
	end
end

-- For protocol SLIP, with the fields F and the expert infos E of camex.lua, which dissects what
-- a frame says with DISSECT_FRAME(tvb, pinfo, item, root).
return function(slip, f, e, dissect_frame)
	local M = {}
	-- what a direction has left over, and each record takes up
	local partial, continued

	-- Before another capture.
	function M.forget()
		partial, continued = {}, {}
	end
	M.forget()

	-- Keeps BYTES, which no END has followed yet, for the next record of that direction.
	local function keep(pinfo, bytes)
		if pinfo.visited or bytes == "" or not slip.prefs.continue then return end
		local held = partial[pinfo.p2p_dir] or { size = 0 }
		partial[pinfo.p2p_dir] = held
		held.size = held.size + #bytes
		held[#held + 1] = bytes
		if held.size > FRAME_MAX then
			held = { size = held.size } -- and no bytes any more
			partial[pinfo.p2p_dir] = held
		end
	end

	-- What was kept for a record that has an END; false: more than a frame may have.
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
