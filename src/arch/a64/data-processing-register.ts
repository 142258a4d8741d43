/** A64 data processing, register (Arm ARM C4.1, "Data Processing -- Register"). */
import { encoding, type Alias, type Encoding, type EncodingOptions, type Fields } from './encoding.ts';

const shiftWhere = (f: Fields): boolean => f.sf === 1 || f.imm6 < 32;
const arithmeticShiftWhere = (f: Fields): boolean => f.shift !== 3 && shiftWhere(f);
const toZero = (asm: string): Alias => ({ when: (f) => f.Rd === 31, asm });
const fromZero = (asm: string): Alias => ({ when: (f) => f.Rn === 31, asm });

/** Logical (shifted register); `bits` are opc and N. */
function logical(name: string, [opc, n]: [string, string], aliases: Alias[] = []): Encoding {
  const asm = `${name.toLowerCase()} {Rd}, {Rn}, {Rm}{shift}`;
  const pattern = `sf ${opc} 01010 shift:2 ${n} Rm:5 imm6:6 Rn:5 Rd:5`;
  return encoding('log_shift', name, pattern, asm, { where: shiftWhere, aliases });
}

const unshiftedMove: Alias = {
  when: (f) => f.Rn === 31 && f.shift === 0 && f.imm6 === 0,
  asm: 'mov {Rd}, {Rm}',
};

const logicalShifted: Encoding[] = [
  logical('AND', ['00', '0']),
  logical('BIC', ['00', '1']),
  logical('ORR', ['01', '0'], [unshiftedMove]),
  logical('ORN', ['01', '1'], [fromZero('mvn {Rd}, {Rm}{shift}')]),
  logical('EOR', ['10', '0']),
  logical('EON', ['10', '1']),
  logical('ANDS', ['11', '0'], [toZero('tst {Rn}, {Rm}{shift}')]),
  logical('BICS', ['11', '1']),
];

/** Add/subtract, shifted register and extended register; `bits` are op and S. */
function addSub(name: string, bits: string, shifted: Alias[], extended: Alias[]): Encoding[] {
  const asm = name.toLowerCase();
  const target = bits.endsWith('1') ? '{Rd}' : '{Rd|sp}';
  return [
    encoding(
      'addsub_shift',
      name,
      `sf ${bits} 01011 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5`,
      `${asm} {Rd}, {Rn}, {Rm}{shift}`,
      { where: arithmeticShiftWhere, aliases: shifted },
    ),
    encoding(
      'addsub_ext',
      name,
      `sf ${bits} 01011 001 Rm:5 option:3 imm3:3 Rn:5 Rd:5`,
      `${asm} ${target}, {Rn|sp}, {extendRm}{extend}`,
      { where: (f) => f.imm3 <= 4, aliases: extended },
    ),
  ];
}

const addSubRegister: Encoding[] = [
  ...addSub('ADD', '00', [], []),
  ...addSub('ADDS', '01', [toZero('cmn {Rn}, {Rm}{shift}')], [toZero('cmn {Rn|sp}, {extendRm}{extend}')]),
  ...addSub('SUB', '10', [fromZero('neg {Rd}, {Rm}{shift}')], []),
  ...addSub(
    'SUBS',
    '11',
    [toZero('cmp {Rn}, {Rm}{shift}'), fromZero('negs {Rd}, {Rm}{shift}')],
    [toZero('cmp {Rn|sp}, {extendRm}{extend}')],
  ),
];

const carryPattern = (bits: string): string => `sf ${bits} 11010000 Rm:5 000000 Rn:5 Rd:5`;

const addSubCarry: Encoding[] = [
  encoding('addsub_carry', 'ADC', carryPattern('00'), 'adc {Rd}, {Rn}, {Rm}'),
  encoding('addsub_carry', 'ADCS', carryPattern('01'), 'adcs {Rd}, {Rn}, {Rm}'),
  encoding('addsub_carry', 'SBC', carryPattern('10'), 'sbc {Rd}, {Rn}, {Rm}', {
    aliases: [fromZero('ngc {Rd}, {Rm}')],
  }),
  encoding('addsub_carry', 'SBCS', carryPattern('11'), 'sbcs {Rd}, {Rn}, {Rm}', {
    aliases: [fromZero('ngcs {Rd}, {Rm}')],
  }),
];

const conditionalCompare: Encoding[] = [
  ['CCMN', '0'],
  ['CCMP', '1'],
].flatMap(([name, op]) => [
  encoding(
    'condcmp_reg',
    name,
    `sf ${op} 1 11010010 Rm:5 cond:4 00 Rn:5 0 nzcv:4`,
    `${name.toLowerCase()} {Rn}, {Rm}, {nzcv}, {cond}`,
  ),
  encoding(
    'condcmp_imm',
    name,
    `sf ${op} 1 11010010 imm5:5 cond:4 10 Rn:5 0 nzcv:4`,
    `${name.toLowerCase()} {Rn}, {imm5}, {nzcv}, {cond}`,
  ),
]);

const isReal = (f: Fields): boolean => f.cond < 14;
const bothZero: Alias['when'] = (f) => isReal(f) && f.Rn === 31 && f.Rm === 31;
const bothSame: Alias['when'] = (f) => isReal(f) && f.Rn === f.Rm;
const selectPattern = (op: string, op2: string): string => `sf ${op} 0 11010100 Rm:5 cond:4 ${op2} Rn:5 Rd:5`;

const conditionalSelect: Encoding[] = [
  encoding('condsel', 'CSEL', selectPattern('0', '00'), 'csel {Rd}, {Rn}, {Rm}, {cond}'),
  encoding('condsel', 'CSINC', selectPattern('0', '01'), 'csinc {Rd}, {Rn}, {Rm}, {cond}', {
    aliases: [
      { when: bothZero, asm: 'cset {Rd}, {invCond}' },
      { when: (f) => bothSame(f) && f.Rn !== 31, asm: 'cinc {Rd}, {Rn}, {invCond}' },
    ],
  }),
  encoding('condsel', 'CSINV', selectPattern('1', '00'), 'csinv {Rd}, {Rn}, {Rm}, {cond}', {
    aliases: [
      { when: bothZero, asm: 'csetm {Rd}, {invCond}' },
      { when: (f) => bothSame(f) && f.Rn !== 31, asm: 'cinv {Rd}, {Rn}, {invCond}' },
    ],
  }),
  encoding('condsel', 'CSNEG', selectPattern('1', '01'), 'csneg {Rd}, {Rn}, {Rm}, {cond}', {
    aliases: [{ when: bothSame, asm: 'cneg {Rd}, {Rn}, {invCond}' }],
  }),
];

function twoSource(name: string, opcode: string, asm: string, alias?: string): Encoding {
  const aliases = alias === undefined ? [] : [{ when: () => true, asm: alias }];
  return encoding('dp_2src', name, `sf 0 0 11010110 Rm:5 ${opcode} Rn:5 Rd:5`, asm, { aliases });
}

/** CRC32 and CRC32C; `sf` is 1 for the doubleword form only. */
function crc(name: string, sf: string, opcode: string, source: string): Encoding {
  const pattern = `${sf} 0 0 11010110 Rm:5 ${opcode} Rn:5 Rd:5`;
  return encoding('dp_2src', name, pattern, `${name.toLowerCase()} {Wd}, {Wn}, {${source}}`);
}

const dataProcessing2: Encoding[] = [
  twoSource('UDIV', '000010', 'udiv {Rd}, {Rn}, {Rm}'),
  twoSource('SDIV', '000011', 'sdiv {Rd}, {Rn}, {Rm}'),
  twoSource('LSLV', '001000', 'lslv {Rd}, {Rn}, {Rm}', 'lsl {Rd}, {Rn}, {Rm}'),
  twoSource('LSRV', '001001', 'lsrv {Rd}, {Rn}, {Rm}', 'lsr {Rd}, {Rn}, {Rm}'),
  twoSource('ASRV', '001010', 'asrv {Rd}, {Rn}, {Rm}', 'asr {Rd}, {Rn}, {Rm}'),
  twoSource('RORV', '001011', 'rorv {Rd}, {Rn}, {Rm}', 'ror {Rd}, {Rn}, {Rm}'),
  crc('CRC32B', '0', '010000', 'Wm'),
  crc('CRC32H', '0', '010001', 'Wm'),
  crc('CRC32W', '0', '010010', 'Wm'),
  crc('CRC32X', '1', '010011', 'Xm'),
  crc('CRC32CB', '0', '010100', 'Wm'),
  crc('CRC32CH', '0', '010101', 'Wm'),
  crc('CRC32CW', '0', '010110', 'Wm'),
  crc('CRC32CX', '1', '010111', 'Xm'),
];

function oneSource(name: string, opcode: string, options: EncodingOptions = {}, sf = 'sf'): Encoding {
  const pattern = `${sf} 1 0 11010110 00000 ${opcode} Rn:5 Rd:5`;
  const registers = sf === '1' ? '{Xd}, {Xn}' : '{Rd}, {Rn}';
  return encoding('dp_1src', name, pattern, `${name.toLowerCase()} ${registers}`, options);
}

const dataProcessing1: Encoding[] = [
  oneSource('RBIT', '000000'),
  oneSource('REV16', '000001'),
  oneSource('REV', '00001 opc0', { where: (f) => f.opc0 === f.sf }),
  oneSource('REV32', '000010', {}, '1'),
  oneSource('CLZ', '000100'),
  oneSource('CLS', '000101'),
];

/** Multiply-add; `op` is op31 and o0. */
function multiply(name: string, alias: string, o0: string): Encoding {
  const pattern = `sf 00 11011 000 Rm:5 ${o0} Ra:5 Rn:5 Rd:5`;
  return encoding('dp_3src', name, pattern, `${name.toLowerCase()} {Rd}, {Rn}, {Rm}, {Ra}`, {
    aliases: [{ when: (f) => f.Ra === 31, asm: `${alias} {Rd}, {Rn}, {Rm}` }],
  });
}

function multiplyLong(name: string, alias: string, op31: string, o0: string): Encoding {
  const pattern = `1 00 11011 ${op31} Rm:5 ${o0} Ra:5 Rn:5 Rd:5`;
  return encoding('dp_3src', name, pattern, `${name.toLowerCase()} {Xd}, {Wn}, {Wm}, {Xa}`, {
    aliases: [{ when: (f) => f.Ra === 31, asm: `${alias} {Xd}, {Wn}, {Wm}` }],
  });
}

/** Ra should be all ones; the processor ignores it. */
function multiplyHigh(name: string, op31: string): Encoding {
  const pattern = `1 00 11011 ${op31} Rm:5 0 Ra:5 Rn:5 Rd:5`;
  return encoding('dp_3src', name, pattern, `${name.toLowerCase()} {Xd}, {Xn}, {Xm}`);
}

const dataProcessing3: Encoding[] = [
  multiply('MADD', 'mul', '0'),
  multiply('MSUB', 'mneg', '1'),
  multiplyLong('SMADDL', 'smull', '001', '0'),
  multiplyLong('SMSUBL', 'smnegl', '001', '1'),
  multiplyHigh('SMULH', '010'),
  multiplyLong('UMADDL', 'umull', '101', '0'),
  multiplyLong('UMSUBL', 'umnegl', '101', '1'),
  multiplyHigh('UMULH', '110'),
];

/** The rows of this group. */
export const dataProcessingRegister: readonly Encoding[] = [
  ...logicalShifted,
  ...addSubRegister,
  ...addSubCarry,
  ...conditionalCompare,
  ...conditionalSelect,
  ...dataProcessing2,
  ...dataProcessing1,
  ...dataProcessing3,
];
