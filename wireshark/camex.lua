-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Dissectors for Wireshark 3.4 and later: protocol camex, encrypted and plain; bare IP packets and
-- Ethernet frames in UDP; jtunnel; all of them in TCP, where each datagram follows its length; SLIP
-- on a serial line; protocol wireguard with cipher aes-256-gcm. The other files of this folder must
-- be in the same folder. Documentation/wireshark.rst describes the use.

-- Wireshark 4.6 loads plugins by require(), and does not tell them their directory.
local function part(name)
	return __DIR__ and dofile(__DIR__ .. "/" .. name .. ".lua") or require(name)
end
local cipher = part("camex_cipher")
local control_text = part("camex_text")
local past = part("camex_state")
local line = part("camex_slip")
local wireguard = part("camex_wireguard")

local camex = Proto("camex", "camex Tunnel")
local jtunnel = Proto("jtunnel", "jtunnel Tunnel")
local bare_ip = Proto("camex_ip", "Bare IP Packet in UDP")
local bare_ethernet = Proto("camex_ethernet", "Ethernet Frame in UDP")
local slip = Proto("camex_slip", "SLIP Serial Line")
local over_tcp = Proto("camex_tcp", "camex Datagrams in TCP")

local HEADER, HEADER_OLD, TAG = 28, 27, 16 -- bytes
local REGISTER, DATA, CONFIG, KEEPALIVE = 1, 2, 3, 4
local TYPES = { "REGISTER", "DATA", "CONFIG", "KEEPALIVE" }
local STREAM_HEADER, STREAM_MAX = 2, 9260 -- bytes
local CACHE_MAX = 64 * 1048576 -- bytes of opened bodies that are kept

local f = {
	magic = ProtoField.string("camex.magic", "Magic"),
	type = ProtoField.uint8("camex.type", "Type", base.DEC, TYPES),
	nonce = ProtoField.bytes("camex.nonce", "Nonce"),
	nonce_prefix = ProtoField.bytes("camex.nonce_prefix", "Prefix (session)"),
	nonce_seq = ProtoField.uint64("camex.nonce_seq", "Sequence in the nonce"),
	body_length = ProtoField.uint16("camex.body_length", "Body length"),
	seq = ProtoField.uint64("camex.seq", "Sequence"),
	version = ProtoField.uint8("camex.version", "Version"),
	header_length = ProtoField.uint8("camex.header_length", "Header length"),
	encrypted = ProtoField.bool("camex.encrypted", "Encrypted"),
	ciphertext = ProtoField.bytes("camex.ciphertext", "Encrypted body"),
	tag = ProtoField.bytes("camex.tag", "Tag"),
	key = ProtoField.string("camex.key", "Opened by the key with fingerprint"),
	text = ProtoField.string("camex.text", "Control text"),
	command = ProtoField.string("camex.command", "Command"),
	ver = ProtoField.uint32("camex.ver", "VER"),
	mode = ProtoField.string("camex.mode", "MODE"),
	client_id = ProtoField.string("camex.client_id", "CLIENT_ID"),
	local_ip = ProtoField.ipv4("camex.local_ip", "LOCAL_IP"),
	mtu = ProtoField.uint32("camex.mtu", "MTU"),
	local_cidr = ProtoField.string("camex.local_cidr", "LOCAL_CIDR"),
	gateway_ip = ProtoField.ipv4("camex.gateway_ip", "GATEWAY_IP"),
	route_cidr = ProtoField.string("camex.route_cidr", "ROUTE_CIDR"),
	field = ProtoField.string("camex.field", "Field"),
	response_in = ProtoField.framenum("camex.response_in", "Answer in", base.NONE, frametype.RESPONSE),
	response_to = ProtoField.framenum("camex.response_to", "Answer to", base.NONE, frametype.REQUEST),
	response_time = ProtoField.relative_time("camex.response_time", "Time since the request"),
	data = ProtoField.bytes("camex.data", "Data"),
	id = ProtoField.bytes("jtunnel.id", "Sender"),
	stream_length = ProtoField.uint16("camex_tcp.length", "Length of the datagram"),
	frame = ProtoField.bytes("camex_slip.frame", "Frame"),
	frame_length = ProtoField.uint32("camex_slip.length", "Length"),
}

local function remark(name, text, group, severity)
	return ProtoExpert.new("camex.expert." .. name, text, expert.group[group], expert.severity[severity])
end

local e = {
	cut = remark("cut", "Cut off by the capture", "UNDECODED", "NOTE"),
	length = remark("length", "Bad length", "MALFORMED", "ERROR"),
	type = remark("type", "Unknown type", "MALFORMED", "ERROR"),
	version = remark("version", "Unknown version", "PROTOCOL", "WARN"),
	nonce = remark("nonce", "The two sequences differ", "MALFORMED", "ERROR"),
	gap = remark("gap", "Sequence gap", "SEQUENCE", "NOTE"),
	reordered = remark("reordered", "Out of order", "SEQUENCE", "NOTE"),
	replay = remark("replay", "Replay", "SEQUENCE", "WARN"),
	no_key = remark("no_key", "No key in the preferences", "DECRYPTION", "CHAT"),
	wrong_key = remark("wrong_key", "Wrong key", "DECRYPTION", "WARN"),
	text = remark("text", "Bad control text", "MALFORMED", "WARN"),
	packet = remark("packet", "No packet", "MALFORMED", "WARN"),
	escape = remark("escape", "Bad escape", "MALFORMED", "ERROR"),
	partial = remark("partial", "Part of a frame", "REASSEMBLE", "CHAT"),
}

-- All fields are registered with the first protocol, because a name can be registered only once.
local function values(map)
	local list = {}
	for _, value in pairs(map) do list[#list + 1] = value end
	return list
end
camex.fields = values(f)
camex.experts = values(e)
local control, state = control_text(f, e), past(f, e)

local FRAME_KINDS = { { 1, "What it looks like", 0 }, { 2, "IP", 1 }, { 3, "Ethernet", 2 },
	{ 4, "camex", 3 }, { 5, "jtunnel", 4 } }
local AUTO, IP, ETHERNET, CAMEX, JTUNNEL = 0, 1, 2, 3, 4
camex.prefs.ports = Pref.range("camex UDP and TCP ports", "7000", "Ports of protocol camex", 65535)
camex.prefs.ip_ports = Pref.range("Bare IP UDP ports", "", "Ports of protocol raw with link tun", 65535)
camex.prefs.ethernet_ports = Pref.range("Bare Ethernet UDP ports", "50000",
	"Ports of protocol raw with link tap", 65535)
camex.prefs.jtunnel_ports = Pref.range("jtunnel UDP ports", "", "Ports of protocol jtunnel", 65535)
camex.prefs.keys = Pref.string("Keys", "", "Keys of 32 bytes in base64, separated by blanks")
camex.prefs.passphrases = Pref.string("Passphrases", "",
	'Passphrases, separated by blanks; in "double quotes" with blanks')
camex.prefs.packets = Pref.enum("Packets are", AUTO, "What the body of DATA and of jtunnel is",
	{ FRAME_KINDS[1], FRAME_KINDS[2], FRAME_KINDS[3] }, false)
slip.prefs.frames = Pref.enum("Frames are", AUTO, "What a frame holds", FRAME_KINDS, false)
slip.prefs.continue = Pref.bool("Frames continue in the next record", true,
	"A frame without END at the end of a record goes on in the next one of that direction")

local in_udp, in_tcp = DissectorTable.get("udp.port"), DissectorTable.get("tcp.port")
local by_ethertype = DissectorTable.get("ethertype")
local to_version = { [4] = Dissector.get("ip"), [6] = Dissector.get("ipv6") }
local to_ethernet = Dissector.get("eth_withoutfcs")

-- From the preferences: { bytes, fingerprint } of each key, and the registered ports.
local keys, ports = {}, {}
-- From the capture: decrypted bodies by frame and header, and the key of each session.
local opened, opened_bytes, last_key

local function forget_bodies()
	opened, opened_bytes, last_key = {}, 0, {}
end
forget_bodies()

-- Preferences ---------------------------------------------------------------------------

local function hex(bytes)
	return (bytes:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

local function add_key(list, bytes)
	list[#list + 1] = { bytes = bytes, fingerprint = hex(cipher.blake2b(bytes, 16)) }
end

local function read_keys()
	local list, number = {}, 0
	for word in camex.prefs.keys:gmatch("%S+") do
		number = number + 1
		local bytes = cipher.key(word)
		if bytes then
			add_key(list, bytes)
		else
			report_failure("camex: key " .. number .. " in the preferences is not 32 bytes in base64")
		end
	end
	local rest = camex.prefs.passphrases
	while rest:match("%S") do
		local quoted, after = rest:match('^%s*"([^"]+)"(.*)$')
		if not quoted then quoted, after = rest:match("^%s*(%S+)(.*)$") end
		add_key(list, cipher.blake2b(quoted, 32))
		rest = after
	end
	return list
end

local function take_ports()
	for _, entry in ipairs(ports) do
		in_udp:remove(entry[1], entry[2])
		in_tcp:remove(entry[1], over_tcp)
	end
	ports = {}
	for _, entry in ipairs({ { camex.prefs.ports, camex }, { camex.prefs.ip_ports, bare_ip },
		{ camex.prefs.ethernet_ports, bare_ethernet }, { camex.prefs.jtunnel_ports, jtunnel } }) do
		if entry[1] ~= "" then
			in_udp:add(entry[1], entry[2])
			in_tcp:add(entry[1], over_tcp)
			ports[#ports + 1] = entry
		end
	end
end

local read = "" -- keys and passphrases as they were read last
function camex.prefs_changed()
	local text = camex.prefs.keys .. "\n" .. camex.prefs.passphrases
	if text ~= read then
		read = text
		keys = read_keys()
		forget_bodies()
	end
	take_ports()
end

-- Packets -------------------------------------------------------------------------------

-- Guess the kind of the packet at byte AT.
local function looks_like(tvb, at)
	local len, have = tvb:reported_len() - at, tvb:len() - at
	local version = math.floor(tvb(at, 1):uint() / 16)
	if version == 4 and have >= 20 then
		local header, total = tvb(at, 1):uint() % 16 * 4, tvb(at + 2, 2):uint()
		if header >= 20 and total >= header and total <= len then return IP end
	elseif version == 6 and have >= 40 and tvb(at + 4, 2):uint() + 40 <= len then
		return IP
	end
	if have < 14 then return AUTO end
	local kind = tvb(at + 12, 2):uint()
	if kind >= 3 and kind <= 1500 and kind + 14 <= len then return ETHERNET end -- IEEE 802.3
	return by_ethertype:get_dissector(kind) and ETHERNET or AUTO
end

-- Dissect the packet at byte AT. Wireshark's own dissectors show their errors themselves.
local function packet(tvb, at, pinfo, item, root, kind)
	if tvb:len() <= at then
		item:add_proto_expert_info(e.cut)
		return
	end
	if kind == AUTO then kind = looks_like(tvb, at) end
	local version = math.floor(tvb(at, 1):uint() / 16)
	local to = kind == ETHERNET and to_ethernet or kind == IP and to_version[version]
	if to then
		pcall(to.call, to, tvb(at):tvb(), pinfo, root)
		return
	end
	item:add(f.data, tvb(at))
	item:add_proto_expert_info(e.packet, kind == IP and "Not an IP packet" or
		"Neither an IP packet nor an Ethernet frame")
end

-- Encrypted datagrams ---------------------------------------------------------------------

-- Decrypt the datagram at byte AT. Returns body and key, or nil if no key fits.
local function try_keys(tvb, at, header, aad)
	local body = tvb:reported_len() - at - header - TAG
	local nonce, tag = tvb:raw(at + 5, 12), tvb:raw(at + header + body, TAG)
	local ciphertext = body > 0 and tvb:raw(at + header, body) or ""
	local prefix = nonce:sub(1, 4)
	aad = aad .. tvb:raw(at, header)
	for i = 0, #keys do
		local key = keys[i]
		if i == 0 then key = last_key[prefix] end
		local plain = key and cipher.open(key.bytes, nonce, aad, ciphertext, tag)
		if plain then
			last_key[prefix] = key
			return plain, key
		end
	end
end

-- As try_keys(), but store the result under ID while there is room.
local function open(tvb, at, header, aad, id)
	local known = opened[id]
	if known ~= nil then return known and known[1], known and known[2] end
	local plain, key = try_keys(tvb, at, header, aad)
	local size = plain and #plain or 0
	if opened_bytes + size <= CACHE_MAX then
		opened[id], opened_bytes = plain and { plain, key } or false, opened_bytes + size
	end
	return plain, key
end

local function body(kind, plain, pinfo, item, root)
	if #plain == 0 then return end
	local tvb = ByteArray.new(plain, true):tvb("Opened body")
	if kind == DATA then
		packet(tvb, 0, pinfo, item, root, camex.prefs.packets)
	elseif kind == REGISTER or kind == CONFIG then
		local command, mode = control(tvb, pinfo, item)
		if command and command ~= TYPES[kind] then
			item:add_proto_expert_info(e.text, "The text is of another type")
		end
		return mode
	end
end

-- Show a header, for which no key is needed. Returns its length, or nil if it is invalid.
local function header(tvb, at, item)
	local have, len = tvb:len() - at, tvb:reported_len() - at
	item:add(f.magic, tvb(at, 4))
	item:add(f.encrypted, true):set_generated()
	if have < HEADER_OLD or len < HEADER_OLD + TAG then
		if len < HEADER_OLD + TAG then
			item:add_proto_expert_info(e.length, "An encrypted datagram has at least 43 bytes")
		else
			item:add_proto_expert_info(e.cut)
		end
		return nil
	end
	local kind = item:add(f.type, tvb(at + 4, 1))
	if not TYPES[tvb(at + 4, 1):uint()] then kind:add_proto_expert_info(e.type) end
	local nonce = item:add(f.nonce, tvb(at + 5, 12))
	nonce:add(f.nonce_prefix, tvb(at + 5, 4))
	nonce:add(f.nonce_seq, tvb(at + 9, 8))
	local size = tvb(at + 17, 2):uint()
	local length = item:add(f.body_length, tvb(at + 17, 2))
	local seq = item:add(f.seq, tvb(at + 19, 8))
	if tvb:raw(at + 9, 8) ~= tvb:raw(at + 19, 8) then seq:add_proto_expert_info(e.nonce) end
	local fits = len - size - TAG
	if fits ~= HEADER and fits ~= HEADER_OLD then
		length:add_proto_expert_info(e.length,
			"A body of " .. size .. " bytes does not fit a datagram of " .. len)
		return nil
	end
	if (tvb(at + 4, 1):uint() == KEEPALIVE) ~= (size == 0) then
		length:add_proto_expert_info(e.length, "KEEPALIVE, and it alone, has no body")
	end
	return fits
end

local function encrypted(tvb, at, pinfo, item, root, aad)
	local size = header(tvb, at, item)
	if not size then
		pinfo.cols.info = "Malformed or cut off"
		return
	end
	local have, len = tvb:len() - at, tvb:reported_len() - at
	if size == HEADER and have >= HEADER then
		local version = item:add(f.version, tvb(at + 27, 1))
		if tvb(at + 27, 1):uint() ~= 1 then version:add_proto_expert_info(e.version) end
	end
	item:add(f.header_length, size):set_generated()
	local kind, number = tvb(at + 4, 1):uint(), tostring(tvb(at + 9, 8):uint64())
	local about = (TYPES[kind] or "Type " .. kind) .. ", session " .. hex(tvb:raw(at + 5, 4)) ..
		", sequence " .. number
	item:append_text(", " .. about)
	pinfo.cols.info = about .. ", " .. len - size - TAG .. " bytes"

	local id = pinfo.number .. ":" .. tvb:raw(at, HEADER_OLD)
	local plain, key
	if have < len then
		item:add_proto_expert_info(e.cut)
	else
		if len > size + TAG then item:add(f.ciphertext, tvb(at + size, len - size - TAG)) end
		local tag = item:add(f.tag, tvb(at + len - TAG, TAG))
		plain, key = open(tvb, at, size, aad, id)
		if key then
			tag:append_text(" (verified)")
			item:add(f.key, key.fingerprint):set_generated()
		elseif #keys == 0 then
			item:add_proto_expert_info(e.no_key)
		else
			tag:add_proto_expert_info(e.wrong_key, "Wrong key, or changed on its way: none of the " ..
				#keys .. " in the preferences fits")
		end
	end
	-- the sequence of a datagram that is known to be forged means nothing
	local forged = not key and #keys > 0 and have == len or
		tvb:raw(at + 9, 8) ~= tvb:raw(at + 19, 8)
	if not forged then state.sequence(tvb, at, pinfo, item, id) end
	local mode = plain and body(kind, plain, pinfo, item, root)
	if not forged then state.link(pinfo, item, TYPES[kind], mode) end
end

-- Protocols -------------------------------------------------------------------------------

local function has_magic(tvb, at)
	return tvb:len() >= at + 4 and tvb:raw(at, 4) == "CX2P"
end

-- Kind of a datagram that begins with the magic: "text", "keepalive" or "encrypted".
local function form(tvb)
	if tvb:len() < 5 then return tvb:reported_len() < 5 and "text" or "encrypted" end
	local next_byte = tvb:raw(4, 1)
	if next_byte:match("[ \t\r\n]") then return "text" end
	return tvb:reported_len() == 5 and next_byte:byte() == KEEPALIVE and "keepalive" or "encrypted"
end

local function plain(tvb, pinfo, item, root, what)
	item:add(f.encrypted, false):set_generated()
	if what == "text" then
		local command, mode = control(tvb, pinfo, item)
		state.link(pinfo, item, command, mode)
	elseif what == "keepalive" then
		item:add(f.magic, tvb(0, 4))
		item:add(f.type, tvb(4, 1))
		pinfo.cols.info = "KEEPALIVE"
	else
		pinfo.cols.info = "DATA, " .. tvb:reported_len() .. " bytes"
		packet(tvb, 0, pinfo, item, root, camex.prefs.packets)
	end
end

local function dissect_camex(tvb, pinfo, root)
	if tvb:len() == 0 then return 0 end
	pinfo.cols.protocol = "CAMEX"
	local item = root:add(camex, tvb())
	local what = has_magic(tvb, 0) and form(tvb)
	if what == "encrypted" then
		encrypted(tvb, 0, pinfo, item, root, "")
	else
		plain(tvb, pinfo, item, root, what)
	end
	return tvb:len()
end

local function dissect_jtunnel(tvb, pinfo, root)
	local have, len = tvb:len(), tvb:reported_len()
	if have == 0 then return 0 end
	pinfo.cols.protocol = "JTUNNEL"
	local item = root:add(jtunnel, tvb())
	if have < 8 then
		pinfo.cols.info = "Malformed or cut off"
		item:add_proto_expert_info(len < 8 and e.length or e.cut)
		return have
	end
	item:add(f.id, tvb(0, 8))
	item:append_text(", sender " .. hex(tvb:raw(0, 8)))
	pinfo.cols.info = "Sender " .. hex(tvb:raw(0, 8)) .. ", " .. len - 8 .. " bytes"
	if has_magic(tvb, 8) then
		encrypted(tvb, 8, pinfo, root:add(camex, tvb(8)), root, tvb:raw(0, 8))
	elseif len > 8 then
		packet(tvb, 8, pinfo, item, root, camex.prefs.packets)
	end
	return have
end

local function bare(proto, column, kind)
	return function(tvb, pinfo, root)
		if tvb:len() == 0 then return 0 end
		pinfo.cols.protocol = column
		packet(tvb, 0, pinfo, root:add(proto, tvb()), root, kind)
		return tvb:len()
	end
end

camex.dissector, jtunnel.dissector = dissect_camex, dissect_jtunnel
bare_ip.dissector = bare(bare_ip, "CAMEX-IP", IP)
bare_ethernet.dissector = bare(bare_ethernet, "CAMEX-ETHERNET", ETHERNET)

local BY_KIND = { [IP] = bare_ip, [ETHERNET] = bare_ethernet, [CAMEX] = camex, [JTUNNEL] = jtunnel }

local function slip_frame(tvb, pinfo, item, root)
	local kind = slip.prefs.frames
	if kind == AUTO then
		kind = has_magic(tvb, 0) and CAMEX or has_magic(tvb, 8) and JTUNNEL or looks_like(tvb, 0)
	end
	if BY_KIND[kind] then
		Dissector.get(BY_KIND[kind].name:lower()):call(tvb, pinfo, root)
	else
		packet(tvb, 0, pinfo, item, root, kind)
	end
end

local serial = line(slip, f, e, slip_frame)
slip.dissector = serial.dissect

-- In a stream ---------------------------------------------------------------------------

-- Find the protocol by the ports of a segment: source or destination.
local function protocol_of(pinfo)
	for _, entry in ipairs(ports) do
		for first, last in entry[1]:gmatch("(%d+)%-?(%d*)") do
			first, last = tonumber(first), tonumber(last) or tonumber(first)
			if first <= pinfo.src_port and pinfo.src_port <= last or
				first <= pinfo.dst_port and pinfo.dst_port <= last then
				return entry[2]
			end
		end
	end
	return camex
end

-- An invalid length ends the connection: the rest is not dissected.
local function stream_length(tvb, _, at)
	local len = tvb(at, STREAM_HEADER):uint()
	if len < 1 or len > STREAM_MAX then return tvb:len() - at end
	return STREAM_HEADER + len
end

local function stream_datagram(tvb, pinfo, root)
	local len = tvb(0, STREAM_HEADER):uint()
	local item = root:add(over_tcp, tvb())
	item:add(f.stream_length, tvb(0, STREAM_HEADER))
	if len < 1 or len > STREAM_MAX then
		item:add_proto_expert_info(e.length)
	elseif tvb:len() > STREAM_HEADER then
		Dissector.get(protocol_of(pinfo).name:lower()):call(tvb(STREAM_HEADER):tvb(), pinfo, root)
	end
	return tvb:len()
end

function over_tcp.dissector(tvb, pinfo, root)
	pinfo.cols.protocol = "CAMEX-TCP"
	dissect_tcp_pdus(tvb, root, STREAM_HEADER, stream_length, stream_datagram)
	return tvb:len()
end

-- Forget everything before another capture is read.
function camex.init()
	state.forget()
	serial.forget()
	forget_bodies()
end

-- Heuristics ------------------------------------------------------------------------------

-- Is there an encrypted datagram at byte AT?
local function is_encrypted(tvb, at)
	if not has_magic(tvb, at) or tvb:len() < at + HEADER_OLD then return false end
	local fits = tvb:reported_len() - at - tvb(at + 17, 2):uint() - TAG
	return TYPES[tvb(at + 4, 1):uint()] ~= nil and (fits == HEADER or fits == HEADER_OLD) and
		tvb:raw(at + 9, 8) == tvb:raw(at + 19, 8)
end

local function is_plain(tvb)
	if not has_magic(tvb, 0) or tvb:len() < 5 then return false end
	local what = form(tvb)
	return what == "keepalive" or what == "text" and
		(tvb:raw():match("^CX2P[ \t]+REGISTER[ \t]") or tvb:raw():match("^CX2P[ \t]+CONFIG[ \t]")) ~= nil
end

-- When one datagram is recognized, the whole conversation is, including bare IP packets.
local function heuristic(proto, dissect, fits)
	proto:register_heuristic("udp", function(tvb, pinfo, root)
		if not fits(tvb) then return false end
		pinfo.conversation = proto
		dissect(tvb, pinfo, root)
		return true
	end)
end
heuristic(camex, dissect_camex, function(tvb) return is_encrypted(tvb, 0) or is_plain(tvb) end)
heuristic(jtunnel, dissect_jtunnel, function(tvb) return is_encrypted(tvb, 8) end)

for _, proto in ipairs({ camex, jtunnel, bare_ip, bare_ethernet }) do
	in_udp:add_for_decode_as(proto)
end
in_tcp:add_for_decode_as(over_tcp)
take_ports()
wireguard()
