/** SYS and SYSL: cache, TLB and address translation operations (Arm ARM C5.3). Those that come in loops over memory have a fast path. */
import type { Fields } from '../../../arch/a64/encoding.ts';
import type { Expr } from '../../../wasm/expr.ts';
import { i32, i64 } from '../../../wasm/ops.ts';
import { v128 } from '../../../wasm/simd.ts';
import { EL } from '../state.ts';
import { Hcr, Sctlr } from '../system-registers/bits.ts';
import { Reg } from '../system-registers/offsets.ts';
import { systemEncoding } from './branches.ts';
import type { UopContext } from './context.ts';
import { define, xz } from './define.ts';

/** `kind` of a SYS instruction. */
const Kind = { other: 0, zeroBlock: 1, cleanByAddress: 2 } as const;

/** DC ZVA is op1 3, C7, C4, 1; DC CVAC, CVAU and CIVAC are C10, C11 and C14. */
function kindOf(f: Fields): number {
  if (f.op1 !== 3 || f.CRn !== 7 || f.op2 !== 1) return Kind.other;
  if (f.CRm === 4) return Kind.zeroBlock;
  return f.CRm === 10 || f.CRm === 11 || f.CRm === 14 ? Kind.cleanByAddress : Kind.other;
}

/** Whether the instruction traps in the present state; `el1` is the SCTLR_EL1 bit that allows it at EL0, `el2` the HCR_EL2 bit that traps it. */
function trapped(c: UopContext, el1: number, el2: number): Expr {
  const forbidden = i32.and(i32.eqz(c.word(EL)), i32.eqz(i32.and(c.word(Reg.SCTLR_EL1), el1)));
  const toEl2 = i32.and(i32.lt_u(c.word(EL), 2), i32.ne(i32.and(c.word(Reg.HCR_EL2), el2), 0));
  return i32.or(forbidden, toEl2);
}

const general = (c: UopContext, load: number): void => c.callStatus('sys', c.imm32(), c.raw('m'), load);

/** With the page in the soft TLB for writing, 64 bytes are cleared inline. */
function zeroBlock(c: UopContext): void {
  const zero = v128.const(Array.from({ length: 16 }, () => 0));
  const address = c.let(c.probe(i64.and(c.x('n'), -64n), true));
  c.f.if(
    i32.or(i32.eqz(address), trapped(c, Sctlr.DZE, Hcr.TDZ)),
    () => general(c, 0),
    () => {
      for (let offset = 0; offset < 64; offset += 16) c.f.do(v128.store(address, zero, offset));
    },
  );
}

/** There is no cache to clean: with the page known to be readable nothing is left to do. TPU concerns DC CVAU only; the slow path tells. */
function cleanByAddress(c: UopContext): void {
  const unknown = i32.eqz(c.probe(c.x('n'), false));
  c.f.if(i32.or(unknown, trapped(c, Sctlr.UCI, Hcr.TPC | Hcr.TPU)), () => general(c, 0));
}

define('SYS_systeminstrs', {
  statics: (f) => ({ kind: kindOf(f) }),
  operands: (f) => ({ n: xz(f.Rt), m: f.Rt, imm: systemEncoding(1, f) }),
  ends: true,
  emit: (c, { kind }) => {
    if (kind === Kind.zeroBlock) zeroBlock(c);
    else if (kind === Kind.cleanByAddress) cleanByAddress(c);
    else general(c, 0);
  },
});

define('SYSL_systeminstrs', {
  statics: () => ({}),
  operands: (f) => ({ m: f.Rt, imm: systemEncoding(1, f) }),
  ends: true,
  emit: (c) => general(c, 1),
});
