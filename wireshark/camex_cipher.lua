-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Functions of camex.lua to decrypt datagrams, written in Lua only: BLAKE2b (RFC 7693), ChaCha20
-- and Poly1305 (RFC 8439), base64 (RFC 4648). Keys, texts and results are strings of bytes. They
-- run under Lua 5.1 and 5.2 (Wireshark up to 4.2), whose numbers are floating-point and exact below
-- 2^53, and under 5.3 and later, which have integers.

local M = {}

local compile = loadstring or load
local native = math.type ~= nil -- integers, and operators on their bits
local pack = string.pack or Struct.pack
local unpack = string.unpack or Struct.unpack
local WORD = 4294967296 -- 2^32

-- ChaCha20 ----------------------------------------------------------------------------

-- A quarter of a quarter round. Without integers only bxor() cuts a sum to 32 bits; until then the
-- sum stays below 2^39.
local STEP = native and "A = A + B & 0xffffffff; C = C ~ A; C = (C << N | C >> 32 - N) & 0xffffffff\n" or
	"A = A + B; C = rol(bxor(C, A), N)\n"
local MIX = native and "(X + S & 0xffffffff ~ D)" or "bxor(X + S, D) % 4294967296"

-- Replace the capital letters of TEXT.
local function fill(text, values)
	return (text:gsub("%u", values))
end

local function join(from, to, format)
	local list = {}
	for i = from, to do list[#list + 1] = format:gsub("#", i) end
	return table.concat(list, ", ")
end

-- Make the source text of the function that encrypts 64 bytes. For speed it has all of its state in
-- local variables, without a loop over a table.
local function chacha_source()
	local round = {}
	for _, q in ipairs({ { 0, 4, 8, 12 }, { 1, 5, 9, 13 }, { 2, 6, 10, 14 }, { 3, 7, 11, 15 },
		{ 0, 5, 10, 15 }, { 1, 6, 11, 12 }, { 2, 7, 8, 13 }, { 3, 4, 9, 14 } }) do
		local a, b, c, d = "x" .. q[1], "x" .. q[2], "x" .. q[3], "x" .. q[4]
		for _, s in ipairs({ { a, b, d, 16 }, { c, d, b, 12 }, { a, b, d, 8 }, { c, d, b, 7 } }) do
			round[#round + 1] = fill(STEP, { A = s[1], B = s[2], C = s[3], N = s[4] })
		end
	end
	local out = {}
	for i = 0, 15 do out[#out + 1] = fill(MIX, { X = "x" .. i, S = "s" .. i, D = "d" .. i }) end
	return "local pack, unpack, bxor, rol = ...\n" ..
		"return function(key, counter, nonce, data)\n" ..
		"local s0, s1, s2, s3 = 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574\n" ..
		"local " .. join(4, 11, "s#") .. " = unpack('<" .. ("I4"):rep(8) .. "', key)\n" ..
		"local s12, s13, s14, s15 = counter, unpack('<I4I4I4', nonce)\n" ..
		"local " .. join(0, 15, "d#") .. " = unpack('<" .. ("I4"):rep(16) .. "', data)\n" ..
		"local " .. join(0, 15, "x#") .. " = " .. join(0, 15, "s#") .. "\n" ..
		"for _ = 1, 10 do\n" .. table.concat(round) .. "end\n" ..
		"return pack('<" .. ("I4"):rep(16) .. "', " .. table.concat(out, ", ") .. ")\nend"
end

local chacha_block = assert(compile(chacha_source()))(pack, unpack, bit and bit.bxor, bit and bit.rol)

-- Encrypt or decrypt DATA. COUNTER is the number of its first block.
local function chacha20(key, counter, nonce, data)
	local out = {}
	for at = 1, #data, 64 do
		local piece = data:sub(at, at + 63)
		local whole = #piece == 64 and piece or piece .. ("\0"):rep(64 - #piece)
		out[#out + 1] = chacha_block(key, counter, nonce, whole):sub(1, #piece)
		counter = counter + 1
	end
	return table.concat(out)
end

-- Poly1305 ----------------------------------------------------------------------------

local LIMB = 4194304 -- 2^22: six of them hold 132 bits, and sums of products stay below 2^53

-- Split the 128 bits of four words into six limbs, and add TOP (bit 128).
local function limbs(w0, w1, w2, w3, top)
	local a, b, c, d, e = w0 % LIMB, w1 % 4096, w2 % 4, w2 % 16777216, w3 % 16384
	return a, (w0 - a) / LIMB + b * 1024, (w1 - b) / 4096 + c * 1048576, (d - c) / 4,
		(w2 - d) / 16777216 + e * 256, (w3 - e) / 16384 + top
end

-- Carry from each limb to the next. The last limb keeps its excess.
local function carry(h)
	for i = 1, 5 do
		local low = h[i] % LIMB
		h[i + 1], h[i] = h[i + 1] + (h[i] - low) / LIMB, low
	end
end

-- Compute H modulo 2^130 - 5, plus S, modulo 2^128, as 16 bytes.
local function finish(h, s)
	for _ = 1, 2 do
		carry(h)
		local low = h[6] % 1048576
		h[1], h[6] = h[1] + (h[6] - low) / 1048576 * 5, low
	end
	carry(h)
	local g = { h[1] + 5, h[2], h[3], h[4], h[5], h[6] }
	carry(g)
	if g[6] >= 1048576 then h = g end
	local b, c, e = h[2] % 1024, h[3] % 1048576, h[5] % 256
	local words = { h[1] + b * LIMB, (h[2] - b) / 1024 + c * 4096,
		(h[3] - c) / 1048576 + h[4] * 4 + e * 16777216, (h[5] - e) / 256 + h[6] % 262144 * 16384 }
	local over = 0
	for i, add in ipairs({ unpack("<I4I4I4I4", s) }) do
		if i > 4 then break end -- what follows is a position
		local sum = words[i] + add + over
		words[i] = sum % WORD
		over = (sum - words[i]) / WORD
	end
	return pack("<I4I4I4I4", words[1], words[2], words[3], words[4])
end

-- Compute the tag of DATA (a multiple of 16 bytes) under a key of 32 bytes.
local function poly1305(key, data)
	local k0, k1, k2, k3 = unpack("<I4I4I4I4", key)
	-- clamp: some bits of the multiplier are zero
	k0 = k0 % 268435456
	k1, k2, k3 = k1 % 268435456, k2 % 268435456, k3 % 268435456
	k1, k2, k3 = k1 - k1 % 4, k2 - k2 % 4, k3 - k3 % 4
	local r0, r1, r2, r3, r4, r5 = limbs(k0, k1, k2, k3, 0)
	-- 2^132 is 20 modulo 2^130 - 5
	local s1, s2, s3, s4, s5 = 20 * r1, 20 * r2, 20 * r3, 20 * r4, 20 * r5
	local h0, h1, h2, h3, h4, h5 = 0, 0, 0, 0, 0, 0
	for at = 1, #data, 16 do
		local m0, m1, m2, m3, m4, m5, c
		m0, m1, m2, m3 = unpack("<I4I4I4I4", data, at)
		m0, m1, m2, m3, m4, m5 = limbs(m0, m1, m2, m3, 262144)
		m0, m1, m2, m3, m4, m5 = m0 + h0, m1 + h1, m2 + h2, m3 + h3, m4 + h4, m5 + h5
		h0 = m0 * r0 + m1 * s5 + m2 * s4 + m3 * s3 + m4 * s2 + m5 * s1
		h1 = m0 * r1 + m1 * r0 + m2 * s5 + m3 * s4 + m4 * s3 + m5 * s2
		h2 = m0 * r2 + m1 * r1 + m2 * r0 + m3 * s5 + m4 * s4 + m5 * s3
		h3 = m0 * r3 + m1 * r2 + m2 * r1 + m3 * r0 + m4 * s5 + m5 * s4
		h4 = m0 * r4 + m1 * r3 + m2 * r2 + m3 * r1 + m4 * r0 + m5 * s5
		h5 = m0 * r5 + m1 * r4 + m2 * r3 + m3 * r2 + m4 * r1 + m5 * r0
		c = h0 % LIMB; h1 = h1 + (h0 - c) / LIMB; h0 = c
		c = h1 % LIMB; h2 = h2 + (h1 - c) / LIMB; h1 = c
		c = h2 % LIMB; h3 = h3 + (h2 - c) / LIMB; h2 = c
		c = h3 % LIMB; h4 = h4 + (h3 - c) / LIMB; h3 = c
		c = h4 % LIMB; h5 = h5 + (h4 - c) / LIMB; h4 = c
		c = h5 % LIMB; h0 = h0 + (h5 - c) / LIMB * 20; h5 = c
		c = h0 % LIMB; h1 = h1 + (h0 - c) / LIMB; h0 = c
	end
	return finish({ h0, h1, h2, h3, h4, h5 }, key:sub(17, 32))
end

-- ChaCha20-Poly1305 -------------------------------------------------------------------

local function padded(data)
	return data .. ("\0"):rep(-#data % 16)
end

-- Decrypt CIPHERTEXT. Returns the plaintext, or nil if TAG is wrong.
function M.open(key, nonce, aad, ciphertext, tag)
	local once = chacha_block(key, 0, nonce, ("\0"):rep(64)):sub(1, 32)
	local lengths = pack("<I4I4I4I4", #aad, 0, #ciphertext, 0)
	if poly1305(once, padded(aad) .. padded(ciphertext) .. lengths) ~= tag then return nil end
	return chacha20(key, 1, nonce, ciphertext)
end

-- BLAKE2b -----------------------------------------------------------------------------

-- A number of 64 bits is stored as two words: the high one, then the low one.
local IV = {
	0x6a09e667, 0xf3bcc908, 0xbb67ae85, 0x84caa73b, 0x3c6ef372, 0xfe94f82b, 0xa54ff53a, 0x5f1d36f1,
	0x510e527f, 0xade682d1, 0x9b05688c, 0x2b3e6c1f, 0x1f83d9ab, 0xfb41bd6b, 0x5be0cd19, 0x137e2179,
}
local SIGMA = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
}
local MIXED = { -- the numbers of the state for each call of G
	{ 1, 5, 9, 13 }, { 2, 6, 10, 14 }, { 3, 7, 11, 15 }, { 4, 8, 12, 16 },
	{ 1, 6, 11, 16 }, { 2, 7, 12, 13 }, { 3, 8, 9, 14 }, { 4, 5, 10, 15 },
}

local xor = assert(compile(native and "return function(a, b) return a ~ b end" or
	"local bxor = ... return function(a, b) return bxor(a, b) % 4294967296 end"))(bit and bit.bxor)

-- Add number B of state V, and the word pair HIGH, LOW, to number A.
local function add(v, a, b, high, low)
	local sum = v[2 * a] + v[2 * b] + low
	v[2 * a] = sum % WORD
	v[2 * a - 1] = (v[2 * a - 1] + v[2 * b - 1] + high + (sum - sum % WORD) / WORD) % WORD
end

-- Set number A to A XOR B, rotated right by BITS (0 to 31), and with SWAP by 32 more.
local function turn(v, a, b, bits, swap)
	local high, low = xor(v[2 * a - 1], v[2 * b - 1]), xor(v[2 * a], v[2 * b])
	if swap then high, low = low, high end
	local part, rest = 2 ^ bits, 2 ^ (32 - bits)
	local high_out, low_out = high % part, low % part
	v[2 * a - 1] = (high - high_out) / part + low_out * rest
	v[2 * a] = (low - low_out) / part + high_out * rest
end

local function integer(x)
	return native and math.tointeger(x) or x
end

-- Mix a block of 128 bytes into the state H. COUNT: bytes up to the end of this block.
local function compress(h, block, count, last)
	local v, m = {}, { unpack("<" .. ("I4"):rep(32), block) } -- low words first
	for i = 1, 16 do v[i], v[16 + i] = h[i], IV[i] end
	v[26] = xor(v[26], count)
	if last then v[29], v[30] = xor(v[29], WORD - 1), xor(v[30], WORD - 1) end
	for round = 0, 11 do
		local order = SIGMA[round % 10 + 1]
		for i, g in ipairs(MIXED) do
			local a, b, c, d = g[1], g[2], g[3], g[4]
			for half = 0, 1 do
				local word = order[2 * i - 1 + half]
				add(v, a, b, m[2 * word + 2], m[2 * word + 1])
				turn(v, d, a, half == 0 and 0 or 16, half == 0)
				add(v, c, d, 0, 0)
				-- rotating right by 63 is rotating left by 1
				turn(v, b, c, half == 0 and 24 or 31, half == 1)
				for _, n in ipairs({ 2 * a - 1, 2 * a, 2 * b - 1, 2 * b, 2 * c - 1, 2 * c, 2 * d - 1, 2 * d }) do
					v[n] = integer(v[n])
				end
			end
		end
	end
	for i = 1, 16 do h[i] = xor(h[i], xor(v[i], v[16 + i])) end
end

-- Compute the hash of DATA without a key: SIZE bytes, at most 64.
function M.blake2b(data, size)
	local h = {}
	for i = 1, 16 do h[i] = IV[i] end
	h[2] = xor(h[2], 0x01010000 + size)
	for at = 1, math.max(#data, 1), 128 do
		local block, last = data:sub(at, at + 127), at + 128 > #data
		compress(h, block .. ("\0"):rep(128 - #block), math.min(at + 127, #data), last)
	end
	local out = {}
	for i = 1, 16, 2 do out[#out + 1] = pack("<I4I4", h[i + 1], h[i]) end
	return table.concat(out):sub(1, size)
end

-- base64 ------------------------------------------------------------------------------

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- Decode 32 bytes of base64. Returns nil if TEXT is invalid.
function M.key(text)
	if not text:match("^[A-Za-z0-9+/]+=$") or #text ~= 44 then return nil end
	local out, held, bits = {}, 0, 0
	for c in text:sub(1, 43):gmatch(".") do
		held, bits = held * 64 + ALPHABET:find(c, 1, true) - 1, bits + 6
		if bits >= 8 then
			bits = bits - 8
			local low = held % 2 ^ bits
			out[#out + 1] = string.char((held - low) / 2 ^ bits)
			held = low
		end
	end
	return held == 0 and table.concat(out) or nil
end

return M
