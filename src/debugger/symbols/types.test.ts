import { beforeAll, describe, expect, it } from 'vitest';
import { compileProgram, fileInMemory } from '../../testing/cross-compile.ts';
import { gdbLayouts, ownLayouts } from '../../testing/gdb-types.ts';
import { SymbolFile } from './symbol-file.ts';
import { strip } from './types.ts';

describe.each(['-gdwarf-4', '-gdwarf-5'])('types of a program compiled with %s', (version) => {
  let path = '';
  let file: SymbolFile;
  beforeAll(async () => {
    path = compileProgram('shapes', ['-O1', version]);
    file = await SymbolFile.open(fileInMemory(path), path);
  });

  it.each(['struct node', 'struct flags', 'union view', 'pair_t', 'struct list_head'])(
    'lay out %s as gdb does, to the bit',
    async (name) => {
      const [expected] = gdbLayouts(path, [name]);
      expect(await ownLayouts(file, [name])).toEqual([expected]);
      expect(expected.length).toBeGreaterThan(1);
    },
  );

  it('write declarators as C does', async () => {
    const node = strip((await file.typeByName('struct node'))!);
    const members = node.kind === 'struct' ? node.members : [];
    const named = Object.fromEntries(members.map((it) => [it.name ?? '', it.type.name]));
    expect(named).toMatchObject({
      matrix: 'int [2][3]',
      text: 'volatile const char * const',
      parent: 'struct node *',
      pairs: 'pair_t [4]',
      tail: 'uint8_t []',
      handler: 'handler_t',
    });
    expect((await file.typeByName('handler_t')) ?? {}).toMatchObject({
      target: { name: 'int (*)(struct forward *, const char *, ...)' },
    });
  });

  it('keep the signs of enumerators', async () => {
    expect(await file.typeByName('enum colour')).toMatchObject({
      isSigned: true,
      enumerators: [
        { name: 'RED', value: 0n },
        { name: 'GREEN', value: 5n },
        { name: 'BLUE', value: -2n },
      ],
    });
    const big = await file.typeByName('enum big');
    expect(big?.kind === 'enum' && big.enumerators.at(1)?.value).toBe(0xffff_ffffn);
  });

  it('follow a path through anonymous and nested members', async () => {
    const inner = await file.offsetOf('struct node', 'inner');
    const high = await file.offsetOf('struct node', 'view.high');
    const view = await file.offsetOf('struct node', 'view');
    expect(inner?.type.name).toBe('int');
    expect(high?.offset).toBe(view!.offset + 4);
    expect(await file.offsetOf('struct node', 'view.nothing')).toBeUndefined();
  });

  it('say that a type is unknown', async () => {
    expect(await file.typeByName('struct unheard_of')).toBeUndefined();
  });

  it('find global and static variables with their types', async () => {
    const first = await file.globalVariable('first');
    const [symbol] = file.symbols.named('first');
    expect(first).toMatchObject({ address: symbol.value, type: { name: 'struct node' } });
    expect((await file.globalVariable('message'))?.type?.name).toBe('const char * const');
    expect(await file.globalVariable('hidden')).toMatchObject({ type: { name: 'int' }, address: undefined });
    expect(await file.globalVariable('unheard_of')).toBeUndefined();
  });
});
