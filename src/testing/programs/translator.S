// Programs for the translator: each entry runs for ever, at EL2 with an identity map of normal memory, and keeps its results in registers and at `data`.
	.text
	.globl _start
_start:
	ldr	x1, =table
	msr	ttbr0_el2, x1
	ldr	x1, =0x80823519
	msr	tcr_el2, x1
	mov	x1, #0xff
	msr	mair_el2, x1
	ldr	x1, =vectors
	msr	vbar_el2, x1
	ldr	x1, =stack
	mov	sp, x1
	tlbi	alle2
	isb
	ldr	x1, =0x30c51835
	msr	sctlr_el2, x1
	isb
	ldr	x2, =entries
	ldr	x2, [x2, x0, lsl #3]
	mov	x0, #0
	br	x2

// Nested loops, calls over a page border, flags that live across blocks, loads and stores of every size.
loops:
	ldr	x19, =data
1:	mov	x20, #7
2:	mov	x21, #5
	bl	across
3:	str	x0, [x19, x21, lsl #3]
	ldrsb	x3, [x19, x21]
	ldrh	w4, [x19, #2]
	strb	w3, [x19, x20]
	adds	x0, x0, x3
	adc	x5, x5, x4
	csel	x6, x5, x6, mi
	ldp	x7, x8, [x19, #16]
	stp	x8, x7, [x19, #40]
	subs	x21, x21, #1
	b.ne	3b
	cinc	x9, x9, vs
	tbz	x0, #3, 4f
	eor	x10, x10, x0, ror #7
4:	subs	w20, w20, #1
	b.hi	2b
	b	1b

// A load that faults now and then in the middle of a region; the handler skips it.
faults:
	mov	x19, #0
	ldr	x22, =data
1:	mov	x20, #0x3ffff0
	and	x21, x19, #7
	cmp	x21, #6
	lsl	x23, x21, #37
	add	x24, x22, x19, lsr #1
	csel	x24, x23, x24, eq
	add	x0, x0, #1
	ldr	x25, [x24, #8]!
	add	x0, x0, x25
	str	x0, [x22]
	add	x19, x19, #1
	and	x19, x19, #0xff
	b	1b

// A function whose first instruction is replaced again and again: ADD X0, X0, #n.
patches:
	ldr	x22, =patched
	ldr	w23, =0x91000400
1:	mov	x20, #40
2:	bl	patched
	subs	x20, x20, #1
	b.ne	2b
	add	w23, w23, #0x400
	and	w23, w23, #0xffff7fff
	str	w23, [x22]
	dc	cvau, x22
	dsb	ish
	ic	ivau, x22
	dsb	ish
	isb
	b	1b
	.balign	64
patched:
	add	x0, x0, #1
	eor	x1, x1, x0
	ret

// One virtual address, two functions in turn: the table entry changes, and the TLB is told.
remaps:
	ldr	x19, =first
	mov	x20, #0x100000
	ldp	x3, x4, [x19]
	stp	x3, x4, [x20]
	ldp	x3, x4, [x19, #16]
	mov	x21, #0x40000000
	orr	x21, x21, #0x100000
	stp	x3, x4, [x21]
	ldr	x22, =table
	mov	x23, #0x701
	mov	x24, #0x80000000
	add	x24, x24, #0x100000
1:	str	x23, [x22, #16]
	dsb	ish
	tlbi	alle2
	dsb	ish
	isb
	mov	x25, #30
2:	blr	x24
	subs	x25, x25, #1
	b.ne	2b
	eor	x23, x23, #0x40000000
	b	1b
	.balign	16
first:
	add	x0, x0, #1
	ror	x0, x0, #3
	ret
	nop
	eor	x0, x0, x25
	add	x0, x0, #9
	ret
	nop

// Loads and calls through a block that is mapped elsewhere without TLBI: what they find depends on what the TLB still holds.
stale:
	ldr	x22, =table
	ldr	x19, =first
	mov	x20, #0x100000
	mov	x21, #0x40000000
	orr	x21, x21, x20
	mov	x25, #16
1:	str	x25, [x20]
	neg	x3, x25
	str	x3, [x21]
	add	x20, x20, #4096
	add	x21, x21, #4096
	subs	x25, x25, #1
	b.ne	1b
	ldp	x3, x4, [x19]
	stp	x3, x4, [x20]
	ldp	x3, x4, [x19, #16]
	stp	x3, x4, [x21]
	mov	x24, #0x80000000
	orr	x24, x24, x20
	mov	x23, #0x701
	ldr	x26, =6364136223846793005
	mov	x27, #1
	mov	x28, #0x80100000
2:	eor	x23, x23, #0x40000000
	str	x23, [x22, #16]
	madd	x27, x27, x26, x26
	ubfx	x3, x27, #40, #4
	add	x4, x28, x3, lsl #12
	ldr	x5, [x4]
	eor	x0, x5, x0, ror #7
	tst	x27, #0x700000000000
	b.ne	3f
	add	x4, x4, #0x400000
	ldr	x5, [x4]
	add	x4, x24, #0x400000
	ldr	x5, [x4]
3:	blr	x24
	tst	x27, #0xff000000000000
	b.ne	2b
	tlbi	alle2
	b	2b

// Single and double precision, vectors, and FPSR flags.
floats:
	mov	x19, #0x33ff
	msr	cptr_el2, x19
	isb
	mov	x20, #3
	scvtf	d0, x20
	fmov	v1.4s, #1.5
1:	fdiv	d2, d0, d3
	fmadd	d3, d0, d2, d0
	fsqrt	d4, d3
	fcmp	d4, d2
	cset	x5, gt
	fadd	v1.4s, v1.4s, v5.4s
	uaddlp	v6.8h, v1.16b
	add	v5.4s, v5.4s, v6.4s
	fcvtzs	x6, d4
	add	x20, x20, #1
	scvtf	d0, x20
	mrs	x7, fpsr
	b	1b

	.balign	4096
	.skip	4096 - 12
across:
	add	x0, x0, #1
	add	x1, x1, x0, lsl #2
	tbnz	x1, #4, 1f
	sub	x1, x1, #3
1:	add	x2, x2, x1
	ret
	.ltorg

	.balign	2048
vectors:
	.skip	0x200
	mrs	x10, esr_el2
	mrs	x11, far_el2
	mrs	x12, elr_el2
	eor	x13, x13, x10
	add	x14, x14, x11
	add	x12, x12, #4
	msr	elr_el2, x12
	mov	x25, #1
	eret

	.data
entries:
	.quad	loops, faults, patches, remaps, floats, stale
	.balign	4096
table:
	.quad	0x701, 0x40000701, 0x701, 0
	.balign	4096
data:
	.skip	4096
	.skip	4096
stack:
