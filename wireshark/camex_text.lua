-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- The control text of protocol camex, for camex.lua: REGISTER and CONFIG, field by field.

local TEXT_MAX, VALUE_MAX, CLIENT_ID_MAX, ROUTES_MAX = 1023, 63, 31, 16 -- bytes, fields

local function is_ip(text)
	local parts = { text:match("^(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$") }
	for _, part in ipairs(parts) do
		if tonumber(part) > 255 then return false end
	end
	return #parts == 4
end

local function is_cidr(text)
	local ip, len = text:match("^([%d.]+)/(%d%d?)$")
	return ip and is_ip(ip) and tonumber(len) <= 32
end

local function is_number(text)
	return text:match("^%d+$") and #text <= 9
end

local function is_mode(text)
	return text == "MANUAL" or text == "AUTO"
end

local function is_client_id(text)
	return #text <= CLIENT_ID_MAX
end

-- For each field: the name of its ProtoField, the check of its value, the function that converts
-- the value for the ProtoField, and the commands that it belongs to.
local FIELDS = {
	VER = { "ver", is_number, tonumber, REGISTER = true, CONFIG = true },
	MODE = { "mode", is_mode, nil, REGISTER = true },
	CLIENT_ID = { "client_id", is_client_id, nil, REGISTER = true, CONFIG = true },
	LOCAL_IP = { "local_ip", is_ip, Address.ip, REGISTER = true },
	MTU = { "mtu", is_number, tonumber, CONFIG = true },
	LOCAL_CIDR = { "local_cidr", is_cidr, nil, CONFIG = true },
	GATEWAY_IP = { "gateway_ip", is_ip, Address.ip, CONFIG = true },
	ROUTE_CIDR = { "route_cidr", is_cidr, nil, CONFIG = true },
}

-- Check a field of COMMAND that was given COUNT times before. Returns the error or nil.
local function fault_of(command, name, value, count)
	local known = FIELDS[name]
	if not known then return "Unknown field" end
	if not known[command] then return "No field of " .. command end
	if value == "" or #value > VALUE_MAX then return "A value has 1 to " .. VALUE_MAX .. " bytes" end
	if not known[2](value) then return "Bad value" end
	if count >= (name == "ROUTE_CIDR" and ROUTES_MAX or 1) then return "Too many of this field" end
end

-- Make the dissector, with the fields F and the expert infos E of camex.lua. It adds the text in
-- TVB to TREE, and returns its command and its MODE, or nil.
return function(f, e)
	local function add_field(tree, whole, part, command, name, value, count)
		local fault = fault_of(command, name, value, count)
		local known = FIELDS[name]
		local item
		if not known or value == "" or not known[2](value) then
			item = tree:add(f.field, whole)
		elseif known[3] then
			item = tree:add(f[known[1]], part, known[3](value))
		else
			item = tree:add(f[known[1]], part)
		end
		if fault then item:add_proto_expert_info(e.text, fault) end
	end

	-- Add the words after the command.
	local function add_fields(tree, tvb, text, command)
		local count, first = {}, true
		for from, word, to in text:gmatch("()([^ \t\r\n]+)()") do
			local whole = tvb(from - 1, to - from)
			local name, value = word:match("^([^=]*)=(.*)$")
			if not name and first and command == "REGISTER" then
				name, value = "LOCAL_IP", word -- the oldest form
			end
			first = false
			local part = name and #value > 0 and tvb(to - 1 - #value, #value) or whole
			add_field(tree, whole, part, command, name or word, value or "", count[name] or 0)
			if name then count[name] = (count[name] or 0) + 1 end
		end
	end

	return function(tvb, pinfo, tree)
		local text = tvb:raw()
		local item = tree:add(f.text, tvb())
		if #text < tvb:reported_len() then item:add_proto_expert_info(e.cut) end
		if #text > TEXT_MAX then
			item:add_proto_expert_info(e.text, "Longer than " .. TEXT_MAX .. " bytes")
		end
		pinfo.cols.info = text:sub(1, TEXT_MAX):gsub("[\r\n]+$", ""):gsub("^CX2P ", ""):gsub("[^ -~]", "?")
		local from, command, to = text:match("^[ \t\r\n]*CX2P[ \t\r\n]+()([^ \t\r\n]+)()")
		if not command then
			item:add_proto_expert_info(e.text, "It does not begin with CX2P and a command")
			return nil
		end
		local range = tvb(from - 1, to - from)
		if command ~= "REGISTER" and command ~= "CONFIG" then
			item:add(f.command, range):add_proto_expert_info(e.text, "Unknown command")
			return nil
		end
		item:add(f.command, range)
		add_fields(item, tvb, (" "):rep(to - 1) .. text:sub(to), command)
		return command, text:match("[ \t\r\n]MODE=(%S+)")
	end
end
