import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { encode, fieldsOf, parsePattern } from './encoding.ts';
import { advSimdExpandImm, decodeBitMasks } from './operands.ts';
import { randomWords, wordsOf } from '../../testing/a64-words.ts';
import { encodingNamed, ENCODINGS } from './table.ts';

describe('the encoding table', () => {
  it('names every row once', () => {
    const names = ENCODINGS.map((row) => row.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBe(668);
  });

  it('matches no word with two rows', () => {
    const random = randomWords(7);
    for (const row of ENCODINGS) {
      for (const word of wordsOf(row, 20, random)) {
        const matching = ENCODINGS.filter(
          (other) => (word & other.mask) >>> 0 === other.value && (other.where?.(fieldsOf(other, word)) ?? true),
        );
        expect(matching.map((other) => other.name)).toEqual([row.name]);
      }
    }
  });

  it('gives back the word from its fields', () => {
    const random = randomWords(11);
    for (const row of ENCODINGS) {
      for (const word of wordsOf(row, 5, random)) expect(encode(row, fieldsOf(row, word))).toBe(word);
    }
  });

  it('has words for every row', () => {
    const random = randomWords(13);
    const missing = ENCODINGS.filter((row) => wordsOf(row, 1, random).length === 0);
    expect(missing.map((row) => row.name)).toEqual([]);
  });

  it('rejects a pattern that is not 32 bits or repeats a field', () => {
    expect(() => parsePattern('01 Rd:5')).toThrow('7 bits');
    expect(() => parsePattern('Rd:16 Rd:16')).toThrow('twice');
    expect(() => encodingNamed('ADD_nowhere')).toThrow('no encoding row');
  });
});

describe('decode', () => {
  it.each([
    [0x91000421, 'ADD_addsub_imm'],
    [0xd65f03c0, 'RET_branch_reg'],
    [0xf9400020, 'LDR_ldst_pos'],
    [0x3dc00020, 'LDR_V_ldst_pos'],
    [0xd503207f, 'HINT_hints'],
    [0x4e22d420, 'FADD_asimdsame'],
    [0x1e620000, 'SCVTF_float2int'],
  ])('%#x is %s', (word, name) => {
    expect(decode(word)?.row.name).toBe(name);
  });

  it.each([
    [0x00000000, 'the permanently undefined word'],
    [0x88a07c41, 'CAS (Armv8.1)'],
    [0xb8200020, 'LDADD (Armv8.1)'],
    [0x1ee22820, 'FADD of halves (Armv8.2)'],
    [0xd50040bf & ~0xa0, 'MSR CFINV (Armv8.4)'],
    [0xd500409f, 'MSR PAN (Armv8.1)'],
    [0x92400000 | 0xfc00, 'a bitmask of all ones'],
    [0x0f008400 | (1 << 22), 'a vector shift that needs Q'],
  ])('%#x, %s, matches nothing', (word) => {
    expect(decode(word)).toBeUndefined();
  });
});

describe('decodeBitMasks', () => {
  it('makes the 5334 values of 64 bits, each once', () => {
    const values = new Set<bigint>();
    let encodings = 0;
    for (let n = 0; n < 2; n += 1)
      for (let imms = 0; imms < 64; imms += 1)
        for (let immr = 0; immr < 64; immr += 1) {
          const value = decodeBitMasks(n, imms, immr, 64);
          if (value === undefined) continue;
          encodings += 1;
          values.add(value);
        }
    expect(values.size).toBe(5334);
    expect(encodings).toBeGreaterThan(values.size);
    expect(values.has(0n)).toBe(false);
    expect(values.has(0xffff_ffff_ffff_ffffn)).toBe(false);
  });

  it('rotates the run of ones right', () => {
    expect(decodeBitMasks(1, 0, 1, 64)).toBe(1n << 63n);
    expect(decodeBitMasks(0, 0b111100, 1, 32)).toBe(0xaaaa_aaaan);
    expect(decodeBitMasks(0, 0b111111, 0, 32)).toBeUndefined();
  });
});

describe('advSimdExpandImm', () => {
  it.each([
    [0, 0b0010, 0xab, 0x0000_ab00_0000_ab00n],
    [0, 0b1010, 0xab, 0xab00_ab00_ab00_ab00n],
    [0, 0b1100, 0xab, 0x0000_abff_0000_abffn],
    [0, 0b1101, 0xab, 0x00ab_ffff_00ab_ffffn],
    [0, 0b1110, 0xab, 0xabab_abab_abab_ababn],
    [1, 0b1110, 0x81, 0xff00_0000_0000_00ffn],
    [0, 0b1111, 0x70, 0x3f80_0000_3f80_0000n],
    [1, 0b1111, 0x70, 0x3ff0_0000_0000_0000n],
  ])('op %i cmode %i imm8 %i is %i', (op, cmode, imm8, value) => {
    expect(advSimdExpandImm(op, cmode, imm8)).toBe(value);
  });
});
