/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AES-256-GCM (NIST SP 800-38D) by AES-NI and PCLMULQDQ, for packets: without associated data, with
 * a nonce of 12 bytes. It is also built in user space, where a test compares it with OpenSSL.
 *
 * Eight blocks are encrypted in parallel. Between their rounds eight blocks of ciphertext are
 * hashed: the same blocks when opening, the previous eight when sealing. The hash is computed as
 * POLYVAL (RFC 8452, appendix A): with the bytes of each block reversed, and with the hash key
 * times x. A product has three parts: low, middle and high. The products of eight blocks, each with
 * another power of the hash key, are added up before the sum is reduced (Gueron and Kounavis,
 * "Intel carry-less multiplication instruction and its usage for computing the GCM mode", 2010).
 *
 * Branches and addresses depend only on the length, so the time reveals no secrets.
 */
#ifdef __KERNEL__
#include <linux/linkage.h>
#else
#define SYM_FUNC_START(name)	.globl name; .p2align 4; name:
#define SYM_FUNC_END(name)	.size name, . - name
#define RET			ret
.section .note.GNU-stack, "", @progbits
#endif

/* struct camex_aesni_key: 15 round keys, then powers 1 to 8 of the hash key */
#define POWERS	240

#define KEY	%rdi
#define TO	%rsi
#define FROM	%rdx
#define LEN	%rcx
#define NONCE	%r8
#define TAG	%r9
/* address of the ciphertext to be hashed; address of the power for the next block */
#define HASHED	%rax
#define POWER	%r10

/* xmm0 to xmm7 are blocks */
#define ROUND	%xmm8
/* parts of the sum of products; between groups of blocks LOW is the hash */
#define LOW	%xmm9
#define HIGH	%xmm10
#define MID	%xmm11
#define TMP	%xmm12
#define TMP2	%xmm13
/* the counter of the next block, its bytes reversed */
#define COUNTER	%xmm14
/* the counter without its three lowest bits, plus the first round key */
#define BASE	%xmm15

.section .rodata
.p2align 4
.Lreverse:
	.byte	15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0
/* x^128 + x^127 + x^126 + x^121 + 1 without its highest bit */
.Lpolynomial:
	.quad	1, 0xc200000000000000
.Lone:
	.quad	1, 0
.Ltwo:
	.quad	2, 0
.Leight:
	.quad	8, 0
/* 0 to 7, at the position of the lowest bits of a counter */
.Lcounts:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	.quad	0, \n << 56
	.endr
/* masks: from offset 16 - n on, n bytes of ones, then zeros */
.Lmask:
	.quad	-1, -1, 0, 0

.text

/* Round \round of the first \n blocks. */
.macro encrypt_round n, round
	.irp	b, 0, 1, 2, 3, 4, 5, 6, 7
	.if	\b < \n
	vaesenc	16*\round(KEY), %xmm\b, %xmm\b
	.endif
	.endr
.endm

/* Set the first \n blocks to the next counters, and add the first round key. */
.macro count_blocks n
	vmovdqu	(KEY), ROUND
	.irp	b, 0, 1, 2, 3, 4, 5, 6, 7
	.if	\b < \n
	vpshufb	.Lreverse(%rip), COUNTER, %xmm\b
	vpaddd	.Lone(%rip), COUNTER, COUNTER
	vpxor	ROUND, %xmm\b, %xmm\b
	.endif
	.endr
.endm

/* Begin groups of 8 blocks. The next counter is 2, as count_eight expects. */
.macro begin_eights
	vpsubd	.Ltwo(%rip), COUNTER, COUNTER
	vpshufb	.Lreverse(%rip), COUNTER, BASE
	vpxor	(KEY), BASE, BASE
.endm

.macro end_eights
	vpaddd	.Ltwo(%rip), COUNTER, COUNTER
.endm

/* The same as count_blocks 8. The counters begin at a multiple of 8, plus 2: first 2 to 9. */
.macro count_eight
	vpxor	16*2+.Lcounts(%rip), BASE, %xmm0
	vpxor	16*3+.Lcounts(%rip), BASE, %xmm1
	vpxor	16*4+.Lcounts(%rip), BASE, %xmm2
	vpxor	16*5+.Lcounts(%rip), BASE, %xmm3
	vpxor	16*6+.Lcounts(%rip), BASE, %xmm4
	vpxor	16*7+.Lcounts(%rip), BASE, %xmm5
	vpaddd	.Leight(%rip), COUNTER, COUNTER
	vpshufb	.Lreverse(%rip), COUNTER, BASE
	vpxor	(KEY), BASE, BASE
	vmovdqa	BASE, %xmm6
	vpxor	16*1+.Lcounts(%rip), BASE, %xmm7
.endm

/* The last round: add the keystream to the blocks at FROM, and write the result to TO. */
.macro finish_blocks n
	vmovdqu	16*14(KEY), ROUND
	.irp	b, 0, 1, 2, 3, 4, 5, 6, 7
	.if	\b < \n
	vpxor	16*\b(FROM), ROUND, TMP
	vaesenclast TMP, %xmm\b, %xmm\b
	.endif
	.endr
	.irp	b, 0, 1, 2, 3, 4, 5, 6, 7
	.if	\b < \n
	vmovdqu	%xmm\b, 16*\b(TO)
	.endif
	.endr
.endm

/* Add TMP times the power at \power to the sum. With \first this product begins a new sum. */
.macro add_product power, first
	.ifnc	\first, first
	vpclmulqdq $0x00, \power, TMP, TMP2
	vpxor	TMP2, LOW, LOW
	vpclmulqdq $0x11, \power, TMP, TMP2
	vpxor	TMP2, HIGH, HIGH
	vpclmulqdq $0x01, \power, TMP, TMP2
	vpxor	TMP2, MID, MID
	vpclmulqdq $0x10, \power, TMP, TMP2
	vpxor	TMP2, MID, MID
	.else
	vpclmulqdq $0x00, \power, TMP, LOW
	vpclmulqdq $0x11, \power, TMP, HIGH
	vpclmulqdq $0x01, \power, TMP, MID
	vpclmulqdq $0x10, \power, TMP, TMP2
	vpxor	TMP2, MID, MID
	.endif
.endm

/* Hash block \b of \n at HASHED. */
.macro hash_block b, n
	vmovdqu	16*\b(HASHED), TMP
	vpshufb	.Lreverse(%rip), TMP, TMP
	.if	\b == 0
	vpxor	LOW, TMP, TMP
	add_product 16*(\n-1-\b)+POWERS(KEY), first
	.else
	add_product 16*(\n-1-\b)+POWERS(KEY), more
	.endif
.endm

/*
 * Reduce the sum of products; the result is in LOW. Adding the lower half of LOW times the
 * polynomial clears that half, and the upper half of LOW is added to MID. Then the same with the
 * lower half of MID, and with HIGH.
 */
.macro reduce_low
	vpclmulqdq $0x10, .Lpolynomial(%rip), LOW, TMP
	vpshufd	$0x4e, LOW, LOW
	vpxor	LOW, MID, MID
	vpxor	TMP, MID, MID
.endm

.macro reduce_mid
	vpclmulqdq $0x10, .Lpolynomial(%rip), MID, TMP
	vpshufd	$0x4e, MID, MID
	vpxor	HIGH, MID, MID
	vpxor	TMP, MID, LOW
.endm

/* Encrypt \n blocks. If \hashes, also hash \n blocks at HASHED between the rounds. */
.macro crypt_blocks n, hashes
	.if	\n == 8
	count_eight
	.else
	count_blocks \n
	.endif
	.irp	r, 1, 2, 3, 4, 5, 6, 7, 8
	encrypt_round \n, \r
	.if	\hashes && \r <= \n
	hash_block (\r-1), \n
	.endif
	.endr
	encrypt_round \n, 9
	.if	\hashes
	reduce_low
	.endif
	encrypt_round \n, 10
	encrypt_round \n, 11
	.if	\hashes
	reduce_mid
	.endif
	encrypt_round \n, 12
	encrypt_round \n, 13
	finish_blocks \n
.endm

.macro hash_blocks n
	.irp	b, 0, 1, 2, 3, 4, 5, 6, 7
	.if	\b < \n
	hash_block \b, \n
	.endif
	.endr
	reduce_low
	reduce_mid
.endm

/* Compute the next block of the keystream in xmm0. */
.macro make_stream
	count_blocks 1
	.irp	r, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
	encrypt_round 1, \r
	.endr
	vaesenclast 16*14(KEY), %xmm0, %xmm0
.endm

/* Wipe all registers that may have contained keys or keystream. */
.macro wipe_registers
	.irp	x, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vpxor	%xmm\x, %xmm\x, %xmm\x
	.endr
.endm

/*
 * The whole function: first groups of 8 blocks, then 4, then single ones. The products of the
 * single blocks are reduced at the very end, together with that of the block of lengths.
 */
.macro gcm name, opens
SYM_FUNC_START(\name)
	/* the counter: nonce, then 1 */
	vmovq	(NONCE), COUNTER
	vpinsrd	$2, 8(NONCE), COUNTER, COUNTER
	vpshufb	.Lreverse(%rip), COUNTER, COUNTER
	vpaddd	.Lone(%rip), COUNTER, COUNTER
	make_stream
	vmovdqu	%xmm0, (TAG)
	vpxor	LOW, LOW, LOW
	mov	LEN, %r11
	sub	$128, %r11
	jb	3f
	begin_eights
	.if	!\opens
	/* there is no ciphertext to be hashed yet */
	crypt_blocks 8, 0
	add	$128, FROM
	add	$128, TO
	sub	$128, %r11
	jb	2f
	.endif
	.p2align 4
1:
	.if	\opens
	mov	FROM, HASHED
	.else
	lea	-128(TO), HASHED
	.endif
	crypt_blocks 8, 1
	add	$128, FROM
	add	$128, TO
	sub	$128, %r11
	jae	1b
2:
	.if	!\opens
	lea	-128(TO), HASHED
	hash_blocks 8
	.endif
	end_eights
3:
	add	$128, %r11
	cmp	$64, %r11
	jb	4f
	.if	\opens
	mov	FROM, HASHED
	crypt_blocks 4, 1
	.else
	crypt_blocks 4, 0
	mov	TO, HASHED
	hash_blocks 4
	.endif
	add	$64, FROM
	add	$64, TO
	sub	$64, %r11
4:
	/* POWER: the power for the next of the remaining blocks, including that of lengths */
	lea	15(%r11), POWER
	and	$-16, POWER
	lea	POWERS(KEY, POWER), POWER
	/* the hash is added to the first block */
	vmovdqa	LOW, TMP
	vpxor	LOW, LOW, LOW
	vpxor	MID, MID, MID
	vpxor	HIGH, HIGH, HIGH
	vmovdqa	TMP, %xmm7
	sub	$16, %r11
	jb	6f
5:
	make_stream
	vmovdqu	(FROM), %xmm1
	vpxor	%xmm1, %xmm0, %xmm0
	vmovdqu	%xmm0, (TO)
	.if	\opens
	vpshufb	.Lreverse(%rip), %xmm1, TMP
	.else
	vpshufb	.Lreverse(%rip), %xmm0, TMP
	.endif
	vpxor	%xmm7, TMP, TMP
	vpxor	%xmm7, %xmm7, %xmm7
	add_product (POWER), more
	sub	$16, POWER
	add	$16, FROM
	add	$16, TO
	sub	$16, %r11
	jae	5b
6:
	add	$16, %r11
	jz	9f
	/*
	 * The last bytes, less than a block. 16 bytes can be read, because the tag or room for it
	 * follows.
	 */
	make_stream
	vmovdqu	(FROM), %xmm1
	vpxor	%xmm1, %xmm0, %xmm0
	lea	.Lmask+16(%rip), HASHED
	sub	%r11, HASHED
	.if	\opens
	vpand	(HASHED), %xmm1, TMP
	.else
	vpand	(HASHED), %xmm0, TMP
	.endif
	vpshufb	.Lreverse(%rip), TMP, TMP
	vpxor	%xmm7, TMP, TMP
	vpxor	%xmm7, %xmm7, %xmm7
	add_product (POWER), more
	sub	$16, POWER
	test	$8, %r11b
	jz	7f
	vmovq	%xmm0, (TO)
	vpsrldq	$8, %xmm0, %xmm0
	add	$8, TO
7:
	vmovq	%xmm0, HASHED
	test	$4, %r11b
	jz	8f
	mov	%eax, (TO)
	shr	$32, HASHED
	add	$4, TO
8:
	test	$2, %r11b
	jz	10f
	mov	%ax, (TO)
	shr	$16, %eax
	add	$2, TO
10:
	test	$1, %r11b
	jz	9f
	mov	%al, (TO)
9:
	/* block of lengths: 0 bits of associated data, and the number of bits of the body */
	shl	$3, LEN
	vmovq	LEN, TMP
	vpxor	%xmm7, TMP, TMP
	add_product (POWER), more
	reduce_low
	reduce_mid
	vpshufb	.Lreverse(%rip), LOW, LOW
	vpxor	(TAG), LOW, LOW
	vmovdqu	LOW, (TAG)
	wipe_registers
	xor	%eax, %eax
	RET
SYM_FUNC_END(\name)
.endm

/* void NAME(const struct camex_aesni_key *key, u8 *to, const u8 *from, size_t len,
 *	     const u8 *nonce, u8 *tag)
 */
gcm camex_aesni_gcm_seal, 0
gcm camex_aesni_gcm_open, 1

/* Derive the next round key from \old and from the transformed \other (FIPS 197, 5.2). */
.macro expand_key old, other, rcon, word, at
	vaeskeygenassist $\rcon, \other, TMP
	vpshufd	$\word, TMP, TMP
	.rept	3
	vpxor	TMP, \old, TMP2
	vpslldq	$4, \old, \old
	vmovdqa	TMP2, TMP
	.endr
	vpxor	TMP, \old, \old
	vmovdqu	\old, \at(KEY)
.endm

/* void camex_aesni_gcm_set_key(struct camex_aesni_key *key, const u8 *bytes) */
SYM_FUNC_START(camex_aesni_gcm_set_key)
	vmovdqu	(%rsi), %xmm0
	vmovdqu	16(%rsi), %xmm1
	vmovdqu	%xmm0, (KEY)
	vmovdqu	%xmm1, 16(KEY)
	expand_key %xmm0, %xmm1, 0x01, 0xff, 32
	expand_key %xmm1, %xmm0, 0x00, 0xaa, 48
	expand_key %xmm0, %xmm1, 0x02, 0xff, 64
	expand_key %xmm1, %xmm0, 0x00, 0xaa, 80
	expand_key %xmm0, %xmm1, 0x04, 0xff, 96
	expand_key %xmm1, %xmm0, 0x00, 0xaa, 112
	expand_key %xmm0, %xmm1, 0x08, 0xff, 128
	expand_key %xmm1, %xmm0, 0x00, 0xaa, 144
	expand_key %xmm0, %xmm1, 0x10, 0xff, 160
	expand_key %xmm1, %xmm0, 0x00, 0xaa, 176
	expand_key %xmm0, %xmm1, 0x20, 0xff, 192
	expand_key %xmm1, %xmm0, 0x00, 0xaa, 208
	expand_key %xmm0, %xmm1, 0x40, 0xff, 224
	/* the hash key: a block of zeros, encrypted, then times x */
	vmovdqu	(KEY), %xmm0
	.irp	r, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
	encrypt_round 1, \r
	.endr
	vaesenclast 16*14(KEY), %xmm0, %xmm0
	vpshufb	.Lreverse(%rip), %xmm0, %xmm0
	vpshufd	$0xff, %xmm0, TMP
	vpsrad	$31, TMP, TMP
	vpand	.Lpolynomial(%rip), TMP, TMP
	vpsrlq	$63, %xmm0, TMP2
	vpslldq	$8, TMP2, TMP2
	vpsllq	$1, %xmm0, %xmm0
	vpor	TMP2, %xmm0, %xmm0
	vpxor	TMP, %xmm0, %xmm0
	vmovdqu	%xmm0, POWERS(KEY)
	vmovdqa	%xmm0, LOW
	.irp	p, 1, 2, 3, 4, 5, 6, 7
	vmovdqa	LOW, TMP
	add_product %xmm0, first
	reduce_low
	reduce_mid
	vmovdqu	LOW, 16*\p+POWERS(KEY)
	.endr
	wipe_registers
	RET
SYM_FUNC_END(camex_aesni_gcm_set_key)
