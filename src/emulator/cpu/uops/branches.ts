/** Branches, exception generation, system instructions (Arm ARM C4.1.3). */
import { signExtend } from '../../../arch/a64/operands.ts';
import type { Fields } from '../../../arch/a64/encoding.ts';
import { sysregEncoding } from '../../../arch/sysregs.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { DAIF, EL, EVENT, EXCLUSIVE_SIZE, LINES, PC, SPSEL, X } from '../state.ts';
import { Hcr } from '../system-registers/bits.ts';
import { Reg } from '../system-registers/offsets.ts';
import { isPlain, isStackPointer, plainRegister } from '../system-registers/plain.ts';
import type { UopContext } from './context.ts';
import { combinations, define, xd, xz } from './define.ts';

const MDSCR_SS = 1;
const LINK = X + 8 * 30;

define('B_branch_imm', {
  statics: () => ({}),
  operands: (f) => ({ imm: signExtend(f.imm26, 26) * 4 }),
  hot: [{}],
  ends: true,
  emit: (c) => c.jumpRelative(),
});

define('BL_branch_imm', {
  statics: () => ({}),
  operands: (f) => ({ d: LINK, imm: signExtend(f.imm26, 26) * 4 }),
  hot: [{}],
  ends: true,
  emit: (c) => {
    c.setX('d', i64.add(c.pc(), 4n));
    c.jumpRelative();
  },
});

define('B_cond_condbranch', {
  statics: (f) => ({ cond: f.cond }),
  operands: (f) => ({ imm: signExtend(f.imm19, 19) * 4 }),
  hot: combinations({ cond: Array.from({ length: 14 }, (_, i) => i) }),
  ends: true,
  emit: (c, { cond }) => c.f.if(c.condition(cond), () => c.jumpRelative()),
});

for (const [mnemonic, zero] of [
  ['CBZ', 1],
  ['CBNZ', 0],
] as const)
  define(`${mnemonic}_compbranch`, {
    statics: (f) => ({ sf: f.sf }),
    operands: (f) => ({ n: xz(f.Rt), imm: signExtend(f.imm19, 19) * 4 }),
    hot: combinations({ sf: [0, 1] }),
    ends: true,
    emit: (c, { sf }) => {
      const value = c.r(sf, 'n');
      const isZero = sf ? i64.eqz(value) : i32.eqz(value);
      c.f.if(zero ? isZero : i32.eqz(isZero), () => c.jumpRelative());
    },
  });

for (const [mnemonic, zero] of [
  ['TBZ', 1],
  ['TBNZ', 0],
] as const)
  define(`${mnemonic}_testbranch`, {
    statics: () => ({}),
    operands: (f) => ({ n: xz(f.Rt), m: (f.b5 << 5) | f.b40, imm: signExtend(f.imm14, 14) * 4 }),
    hot: [{}],
    ends: true,
    emit: (c) => {
      const bit = i32.wrap_i64(i64.and(i64.shr_u(c.x('n'), i64.extend_i32_u(c.raw('m'))), 1n));
      c.f.if(zero ? i32.eqz(bit) : bit, () => c.jumpRelative());
    },
  });

for (const mnemonic of ['BR', 'BLR', 'RET'])
  define(`${mnemonic}_branch_reg`, {
    statics: () => ({}),
    operands: (f) => ({ d: LINK, n: xz(f.Rn) }),
    hot: [{}],
    ends: true,
    emit: (c) => {
      const target = c.let(c.x('n'));
      if (mnemonic === 'BLR') c.setX('d', i64.add(c.pc(), 4n));
      c.jump(target);
    },
  });

define('ERET_branch_reg', {
  statics: () => ({}),
  operands: () => ({}),
  ends: true,
  emit: (c) => c.callStatus('eret'),
});

for (const mnemonic of ['SVC', 'HVC', 'SMC', 'BRK', 'HLT'])
  define(`${mnemonic}_exception`, {
    statics: () => ({}),
    operands: (f) => ({ imm: f.imm16 }),
    ends: true,
    emit: (c) => c.callStatus(mnemonic.toLowerCase(), c.imm32()),
  });

/** Without Debug state these are UNDEFINED (Arm ARM C6.2: DCPS1, DRPS). */
define(['DCPS1_exception', 'DCPS2_exception', 'DCPS3_exception', 'DRPS_branch_reg'], {
  statics: () => ({}),
  operands: () => ({}),
  ends: true,
  emit: (c) => c.callStatus('undefined'),
});

/** NOP, YIELD and the hints of later versions do nothing; the machine is woken by SEV on every CPU. */
define('HINT_hints', {
  statics: (f) => ({ hint: f.CRm === 0 && f.op2 >= 2 && f.op2 <= 5 ? f.op2 : 0 }),
  operands: () => ({}),
  hot: [{ hint: 0 }],
  ends: true,
  emit: (c, { hint }) => {
    if (hint === 2 || hint === 3) c.callStatus('wait', hint === 2 ? 1 : 0);
    if (hint === 4) c.callStatus('sev');
    if (hint === 5) c.setWord(EVENT, 1);
  },
});

/** Memory is always coherent and ordered here: barriers have nothing to wait for. */
define(['DSB_barriers', 'DMB_barriers'], { statics: () => ({}), operands: () => ({}), hot: [{}], emit: () => {} });

define('ISB_barriers', {
  statics: () => ({}),
  operands: () => ({}),
  hot: [{}],
  ends: true,
  emit: (c) => c.jump(i64.add(c.pc(), 4n)),
});

define('CLREX_barriers', {
  statics: () => ({}),
  operands: () => ({}),
  hot: [{}],
  emit: (c) => c.setWord(EXCLUSIVE_SIZE, 0),
});

/** op0:op1:CRn:CRm:op2 of a system register or instruction, 16 bits. */
export const systemEncoding = (op0: number, f: Fields): number =>
  (op0 << 14) | (f.op1 << 11) | ((f.CRn ?? 4) << 7) | (f.CRm << 3) | f.op2;

const isDaif = (f: Fields): boolean => f.op1 === 3 && f.op2 >= 6;

/** DAIFSet and DAIFClr above EL0 are inline; unmasking with an interrupt waiting lets the machine take it. */
define('MSR_pstate', {
  statics: (f) => ({ daif: isDaif(f) ? f.op2 : 0 }),
  operands: (f) => ({ d: systemEncoding(0, { ...f, CRm: 0 }), imm: f.CRm }),
  hot: combinations({ daif: [6, 7] }),
  ends: true,
  emit: (c, { daif }) => {
    const general = () => c.callStatus('msrImmediate', c.raw('d'), c.imm32());
    if (!daif) return general();
    c.f.if(
      c.word(EL),
      () => {
        const bits = i32.shl(c.imm32(), 6);
        if (daif === 6) return c.setWord(DAIF, i32.or(c.word(DAIF), bits));
        c.setWord(DAIF, i32.and(c.word(DAIF), i32.xor(bits, -1)));
        leaveWhenUnmasked(c);
      },
      general,
    );
  },
});

/** Interrupts that EL2 makes pending by a bit. */
const HCR_PENDING = Hcr.VI | Hcr.VF | Hcr.VSE;

/** Lets the machine look at what PSTATE.DAIF may have masked: interrupts, and software step. */
function leaveWhenUnmasked(c: UopContext): void {
  const isArmed = i32.and(c.word(Reg.MDSCR_EL1), MDSCR_SS);
  const isVirtual = i32.and(c.word(Reg.HCR_EL2), HCR_PENDING);
  c.f.if(i32.or(i32.or(c.word(LINES), isVirtual), isArmed), () => leaveAfter(c));
}

/** Completes the instruction and returns to the machine. */
function leaveAfter(c: UopContext): void {
  c.sync();
  c.f.do(i64.store(c.cpu, i64.add(c.pc(), 4n), PC));
  c.leave();
}

/**
 * Registers that reading or writing simply copies are inline where nothing traps; everything else asks TypeScript. A variant for each such register.
 */
/** Where PSTATE.DAIF is in a register. */
const DAIF_BITS = 0x3c0;
const DAIF_ENCODING = sysregEncoding(3, 3, 4, 2, 1);
const DCZID_ENCODING = sysregEncoding(3, 3, 0, 0, 7);
/** DC ZVA is allowed, and works on 2^4 words. */
const DCZID_ALLOWED = 4n;

/** Static field `plain` of an access that may be inline, else 0. */
function plainOf(encoding: number, isRead: boolean): number {
  const isSpecial = encoding === DAIF_ENCODING || (isRead && encoding === DCZID_ENCODING);
  return isSpecial || isPlain(encoding, isRead) ? encoding : 0;
}

define('MRS_systemmove', {
  statics: (f) => ({ plain: plainOf(systemEncoding(2 + f.o0, f), true) }),
  operands: (f) => ({ d: xd(f.Rt), m: f.Rt, imm: systemEncoding(2 + f.o0, f) }),
  emit: (c, { plain }) => {
    const general = () => c.callStatus('mrs', c.imm32(), c.raw('m'));
    if (!plain) return general();
    if (plain === DAIF_ENCODING) return c.fast(c.word(EL), () => c.setX('d', i64.extend_i32_u(c.word(DAIF))), general);
    if (plain === DCZID_ENCODING) return c.fast(zvaIsAllowed(c), () => c.setX('d', DCZID_ALLOWED), general);
    const { offset } = plainRegister(plain, true);
    c.fast(plainAccess(c, plain, true), () => c.setX('d', i64.load(c.cpu, offset)), general);
  },
});

define('MSR_systemmove', {
  statics: (f) => ({ plain: plainOf(systemEncoding(2 + f.o0, f), false) }),
  operands: (f) => ({ n: xz(f.Rt), m: f.Rt, imm: systemEncoding(2 + f.o0, f) }),
  ends: true,
  emit: (c, { plain }) => {
    const general = () => c.callStatus('msr', c.imm32(), c.raw('m'));
    if (!plain) return general();
    if (plain === DAIF_ENCODING) return c.fast(c.word(EL), () => writeDaif(c), general);
    const { offset, writable, fixed } = plainRegister(plain, false);
    const value = i64.or(i64.and(c.x('n'), writable), fixed);
    c.fast(plainAccess(c, plain, false), () => c.f.do(i64.store(c.cpu, value, offset)), general);
  },
});

/** Whether an inline access is allowed: SP_EL0 has no name while it is in use. */
function plainAccess(c: UopContext, encoding: number, isRead: boolean): Expr {
  const { minimumEl, traps } = plainRegister(encoding, isRead);
  const isAllowed = i32.ge_u(c.word(EL), minimumEl);
  if (traps !== 0) return i32.and(isAllowed, hcrIsClear(c, traps));
  return isStackPointer(encoding) ? i32.and(isAllowed, c.word(SPSEL)) : isAllowed;
}

function hcrIsClear(c: UopContext, bits: number): Expr {
  return i32.eqz(i32.and(c.word(Reg.HCR_EL2), bits));
}

/** Above EL0, and nothing traps DC ZVA. */
function zvaIsAllowed(c: UopContext): Expr {
  return i32.and(i32.ne(c.word(EL), 0), hcrIsClear(c, Hcr.TDZ));
}

function writeDaif(c: UopContext): void {
  c.setWord(DAIF, i32.and(i32.wrap_i64(c.x('n')), DAIF_BITS));
  leaveWhenUnmasked(c);
}
