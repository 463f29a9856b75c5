-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- SLIP (RFC 1055), for camex.lua: bytes of a serial line to frames.

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

-- M.split(BYTES): its whole frames, as { from, to, bytes or nil }, where they lie with their
-- escapes but without END, and where what follows the last END begins.
local M = {}

function M.split(bytes)
	local frames, at = {}, 1
	while true do
		local from, stop = next_frame(bytes, at)
		if not from then return frames, #bytes + 1 end
		if not stop then return frames, from end
		frames[#frames + 1] = { from, stop - 1, unescape(bytes:sub(from, stop - 1)) }
		at = stop + 1
	end
end

M.FRAME_MAX = FRAME_MAX
return M
