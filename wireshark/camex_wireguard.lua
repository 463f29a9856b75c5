-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Protocol wireguard with cipher aes-256-gcm: WireGuard's messages with types of their own.
-- Wireshark itself dissects those of WireGuard. Nothing is decrypted, because the keys of sessions
-- are not known.

local KINDS = { [0x81] = "Handshake Initiation", [0x82] = "Handshake Response", [0x83] = "Cookie Reply",
	[0x84] = "Transport Data" }
local INITIATION, RESPONSE, COOKIE, DATA = 0x81, 0x82, 0x83, 0x84
local LENGTHS = { [INITIATION] = 148, [RESPONSE] = 92, [COOKIE] = 64 }
local DATA_LEAST, TAG = 32, 16 -- bytes

return function()
	local proto = Proto("camex_wg", "camex WireGuard, AES-256-GCM")
	local f = {
		type = ProtoField.uint8("camex_wg.type", "Type", base.HEX, KINDS),
		reserved = ProtoField.bytes("camex_wg.reserved", "Reserved"),
		sender = ProtoField.uint32("camex_wg.sender", "Sender", base.HEX),
		receiver = ProtoField.uint32("camex_wg.receiver", "Receiver", base.HEX),
		ephemeral = ProtoField.bytes("camex_wg.ephemeral", "Ephemeral"),
		static = ProtoField.bytes("camex_wg.static", "Encrypted static key"),
		timestamp = ProtoField.bytes("camex_wg.timestamp", "Encrypted time stamp"),
		empty = ProtoField.bytes("camex_wg.empty", "Encrypted nothing"),
		mac1 = ProtoField.bytes("camex_wg.mac1", "mac1"),
		mac2 = ProtoField.bytes("camex_wg.mac2", "mac2"),
		nonce = ProtoField.bytes("camex_wg.nonce", "Nonce"),
		cookie = ProtoField.bytes("camex_wg.cookie", "Encrypted cookie"),
		counter = ProtoField.uint64("camex_wg.counter", "Counter"),
		body = ProtoField.bytes("camex_wg.body", "Encrypted packet"),
		tag = ProtoField.bytes("camex_wg.tag", "Tag"),
		keepalive = ProtoField.bool("camex_wg.keepalive", "Keepalive"),
	}
	local cut = ProtoExpert.new("camex_wg.expert.cut", "Cut off by the capture", expert.group.UNDECODED,
		expert.severity.NOTE)
	local bad = ProtoExpert.new("camex_wg.expert.malformed", "No message", expert.group.MALFORMED,
		expert.severity.ERROR)
	for _, field in pairs(f) do proto.fields[#proto.fields + 1] = field end
	proto.experts = { cut, bad }

	-- The parts behind the type, by kind: field, bytes, and true for a number.
	local parts = {
		[INITIATION] = { { f.sender, 4, true }, { f.ephemeral, 32 }, { f.static, 48 }, { f.timestamp, 28 },
			{ f.mac1, 16 }, { f.mac2, 16 } },
		[RESPONSE] = { { f.sender, 4, true }, { f.receiver, 4, true }, { f.ephemeral, 32 }, { f.empty, 16 },
			{ f.mac1, 16 }, { f.mac2, 16 } },
		[COOKIE] = { { f.receiver, 4, true }, { f.nonce, 24 }, { f.cookie, 32 } },
		[DATA] = { { f.receiver, 4, true }, { f.counter, 8, true } },
	}

	local function kind_of(tvb)
		local len = tvb:reported_len()
		if tvb:len() < 4 or tvb:raw(1, 3) ~= "\0\0\0" then return nil end
		local kind = tvb(0, 1):uint()
		if kind == DATA and len >= DATA_LEAST or LENGTHS[kind] == len then return kind end
	end

	local function add_parts(tvb, item, kind)
		local at = 4
		for _, part in ipairs(parts[kind]) do
			local field, len, number = part[1], part[2], part[3]
			if at + len > tvb:len() then return at end
			if number then item:add_le(field, tvb(at, len)) else item:add(field, tvb(at, len)) end
			at = at + len
		end
		return at
	end

	local function add_body(tvb, item)
		local len, have = tvb:reported_len() - 16, tvb:len() - 16
		if len == TAG then
			item:add(f.keepalive, true):set_generated()
		elseif have > 0 then
			item:add(f.body, tvb(16, math.min(have, len - TAG)))
		end
		if have == len then item:add(f.tag, tvb(tvb:len() - TAG)) end
		return len - TAG
	end

	function proto.dissector(tvb, pinfo, root)
		if tvb:len() == 0 then return 0 end
		local kind, item = kind_of(tvb), root:add(proto, tvb())
		pinfo.cols.protocol = "CAMEX-WG"
		if not kind then
			pinfo.cols.info = "No message"
			item:add_proto_expert_info(bad)
			return tvb:len()
		end
		item:add(f.type, tvb(0, 1))
		item:add(f.reserved, tvb(1, 3))
		local at, text = add_parts(tvb, item, kind), KINDS[kind]
		if (kind == INITIATION or kind == RESPONSE) and tvb:len() >= 8 then
			text = text .. string.format(", sender=0x%08X", tvb(4, 4):le_uint())
		elseif kind == DATA and at == 16 then
			local body = add_body(tvb, item)
			text = (body == 0 and "Keepalive" or text) .. string.format(", receiver=0x%08X, counter=%s, datalen=%d",
				tvb(4, 4):le_uint(), tostring(tvb(8, 8):le_uint64()), body)
		end
		pinfo.cols.info = text
		item:append_text(", " .. text)
		if tvb:len() < tvb:reported_len() then item:add_proto_expert_info(cut) end
		return tvb:len()
	end

	proto:register_heuristic("udp", function(tvb, pinfo, root)
		if not kind_of(tvb) then return false end
		pinfo.conversation = proto
		proto.dissector(tvb, pinfo, root)
		return true
	end)
	DissectorTable.get("udp.port"):add_for_decode_as(proto)
	return proto
end
