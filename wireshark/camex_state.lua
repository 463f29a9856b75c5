-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Findings of camex.lua that need all datagrams in order, during the first pass over a capture:
-- gaps and replays in a session, and which CONFIG answers which REGISTER.

local REMEMBERED = 4096 -- minimum number of sequences of a session that are compared

-- Make these functions with the fields F and the expert infos E of camex.lua.
return function(f, e)
	local M = {}
	local sessions, requests, links, notes

	-- Forget everything before another capture is read.
	function M.forget()
		sessions, requests, links, notes = {}, {}, {}, {}
	end
	M.forget()

	local function from_to(pinfo)
		local from = tostring(pinfo.src) .. " " .. pinfo.src_port
		local to = tostring(pinfo.dst) .. " " .. pinfo.dst_port
		return from .. " " .. to, to .. " " .. from
	end

	-- Link a CONFIG to the REGISTER that it answers. MODE is nil if it cannot be read.
	function M.link(pinfo, tree, command, mode)
		local there, back = from_to(pinfo)
		if not pinfo.visited and not pinfo.in_error_pkt then
			if command == "REGISTER" and mode ~= "MANUAL" then
				requests[there] = { frame = pinfo.number, time = pinfo.rel_ts }
			elseif command == "CONFIG" and requests[back] then
				local request = requests[back]
				links[pinfo.number] = { to = request.frame, time = pinfo.rel_ts - request.time }
				links[request.frame] = links[request.frame] or { answer = pinfo.number }
			end
		end
		local found = links[pinfo.number]
		if not found then return end
		if command == "REGISTER" and found.answer then
			tree:add(f.response_in, found.answer):set_generated()
		elseif command == "CONFIG" and found.to then
			tree:add(f.response_to, found.to):set_generated()
			local seconds = math.floor(found.time)
			local time = NSTime.new(seconds, math.floor((found.time - seconds) * 1e9 + 0.5))
			tree:add(f.response_time, time):set_generated()
		end
	end

	-- Compare a sequence (two words) with the earlier ones of its session. Returns the finding,
	-- or nil.
	local function judge(session, frame, high, low)
		local key = high .. ":" .. low
		local before = session.new[key] or session.old[key]
		if before then return { e.replay, "The same sequence as in frame " .. before } end
		session.new[key] = frame
		session.count = session.count + 1
		if session.count == REMEMBERED then
			session.old, session.new, session.count = session.new, {}, 0
		end
		local ahead = (high - session.high) * 4294967296 + low - session.low
		if ahead < 0 then
			return { e.reordered, string.format("%.0f behind the highest sequence of its session", -ahead) }
		end
		session.high, session.low = high, low
		if ahead > 1 then
			return { e.gap, string.format("%.0f sequences of the session are missing before it", ahead - 1) }
		end
	end

	-- Judge the sequence of the datagram at byte AT in the first pass, and show the finding.
	function M.sequence(tvb, at, pinfo, item, id)
		if not pinfo.visited and not pinfo.in_error_pkt then
			local prefix, high, low = tvb:raw(at + 5, 4), tvb(at + 9, 4):uint(), tvb(at + 13, 4):uint()
			local session = sessions[prefix]
			if session then
				notes[id] = judge(session, pinfo.number, high, low)
			else
				sessions[prefix] = { new = { [high .. ":" .. low] = pinfo.number }, old = {}, count = 1,
					high = high, low = low }
			end
		end
		if notes[id] then item:add_proto_expert_info(notes[id][1], notes[id][2]) end
	end

	return M
end
