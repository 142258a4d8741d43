/** A64 branches, exception generation and system instructions (Arm ARM C4.1). */
import { encoding, type Encoding, type Fields } from './encoding.ts';

const branches: Encoding[] = [
  encoding('branch_imm', 'B', '000101 imm26:26', 'b {label26}'),
  encoding('branch_imm', 'BL', '100101 imm26:26', 'bl {label26}'),
  encoding('condbranch', 'B_cond', '0101010 0 imm19:19 0 cond:4', 'b.{cond} {label19}'),
  encoding('compbranch', 'CBZ', 'sf 011010 0 imm19:19 Rt:5', 'cbz {Rt}, {label19}'),
  encoding('compbranch', 'CBNZ', 'sf 011010 1 imm19:19 Rt:5', 'cbnz {Rt}, {label19}'),
  encoding('testbranch', 'TBZ', 'b5 011011 0 b40:5 imm14:14 Rt:5', 'tbz {testRt}, #{testBit}, {label14}'),
  encoding('testbranch', 'TBNZ', 'b5 011011 1 b40:5 imm14:14 Rt:5', 'tbnz {testRt}, #{testBit}, {label14}'),
  encoding('branch_reg', 'BR', '1101011 0000 11111 000000 Rn:5 00000', 'br {Xn}'),
  encoding('branch_reg', 'BLR', '1101011 0001 11111 000000 Rn:5 00000', 'blr {Xn}'),
  encoding('branch_reg', 'RET', '1101011 0010 11111 000000 Rn:5 00000', 'ret {Xn}', {
    aliases: [{ when: (f) => f.Rn === 30, asm: 'ret' }],
  }),
  encoding('branch_reg', 'ERET', '1101011 0100 11111 000000 11111 00000', 'eret'),
  encoding('branch_reg', 'DRPS', '1101011 0101 11111 000000 11111 00000', 'drps'),
];

const exceptions: Encoding[] = [
  encoding('exception', 'SVC', '11010100 000 imm16:16 000 01', 'svc {imm16}'),
  encoding('exception', 'HVC', '11010100 000 imm16:16 000 10', 'hvc {imm16}'),
  encoding('exception', 'SMC', '11010100 000 imm16:16 000 11', 'smc {imm16}'),
  encoding('exception', 'BRK', '11010100 001 imm16:16 000 00', 'brk {imm16}'),
  encoding('exception', 'HLT', '11010100 010 imm16:16 000 00', 'hlt {imm16}'),
  encoding('exception', 'DCPS1', '11010100 101 imm16:16 000 01', 'dcps1{dcps}'),
  encoding('exception', 'DCPS2', '11010100 101 imm16:16 000 10', 'dcps2{dcps}'),
  encoding('exception', 'DCPS3', '11010100 101 imm16:16 000 11', 'dcps3{dcps}'),
];

/** SPSel, DAIFSet and DAIFClr are all that Armv8.0 has. */
const pstateWhere = ({ op1, op2 }: Fields): boolean => (op1 === 0 && op2 === 5) || (op1 === 3 && op2 >= 6);
const isHint = (number: number) => (f: Fields) => f.CRm === 0 && f.op2 === number;

const system: Encoding[] = [
  encoding('hints', 'HINT', '1101010100 0 00 011 0010 CRm:4 op2:3 11111', 'hint {hint}', {
    aliases: ['nop', 'yield', 'wfe', 'wfi', 'sev', 'sevl'].map((asm, number) => ({ when: isHint(number), asm })),
  }),
  encoding('barriers', 'CLREX', '1101010100 0 00 011 0011 CRm:4 010 11111', 'clrex{barrierOption}'),
  encoding('barriers', 'DSB', '1101010100 0 00 011 0011 CRm:4 100 11111', 'dsb {barrier}'),
  encoding('barriers', 'DMB', '1101010100 0 00 011 0011 CRm:4 101 11111', 'dmb {barrier}'),
  encoding('barriers', 'ISB', '1101010100 0 00 011 0011 CRm:4 110 11111', 'isb{barrierOption}'),
  encoding('pstate', 'MSR', '1101010100 0 00 op1:3 0100 CRm:4 op2:3 11111', 'msr {pstate}, #{CRmHex}', {
    where: pstateWhere,
  }),
  encoding('systeminstrs', 'SYS', '1101010100 0 01 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'sys {sysOperands}{sysXt}', {
    aliases: [{ when: (f) => f.CRn === 7 || f.CRn === 8, asm: '{sysAlias}' }],
  }),
  encoding('systeminstrs', 'SYSL', '1101010100 1 01 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'sysl {Xt}, {sysOperands}'),
  encoding('systemmove', 'MSR', '1101010100 0 1 o0 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'msr {sysreg}, {Xt}'),
  encoding('systemmove', 'MRS', '1101010100 1 1 o0 op1:3 CRn:4 CRm:4 op2:3 Rt:5', 'mrs {Xt}, {sysreg}'),
];

/** The rows of this group. */
export const branchesAndSystem: readonly Encoding[] = [...branches, ...exceptions, ...system];
