/** Finds out what instructions do, by generating them for nobody. */
import { type Decoding, emitVariant, REGION_SIGNATURE } from './interpreter.ts';
import type { ModuleParts } from './linker.ts';
import { type Effects, RegionContext, TrackingBuilder } from './translator-context.ts';
import { variantKey } from './uops/define.ts';

export class EffectsFinder {
  readonly #known = new Map<string, Effects>();
  /** What code that nobody runs is generated against. */
  #helpers: ModuleParts['helpers'] | undefined;

  constructor(private readonly parts: () => ModuleParts) {}

  of({ definition, statics, operands }: Decoding): Effects {
    const key = variantKey(definition, statics);
    const known = this.#known.get(key);
    if (known) return known;
    const f = new TrackingBuilder(REGION_SIGNATURE);
    const [cpu, pageVa, budget] = f.params;
    const nowhere = () => {};
    const helpers = (this.#helpers ??= this.parts().helpers);
    const exits = {
      cpu,
      pageVa,
      budget,
      goto: nowhere,
      jump: nowhere,
      resume: nowhere,
      cold: nowhere,
      at: f.local('i32'),
      helpers,
    };
    const context = new RegionContext(f, exits);
    context.bind(0, operands, 0, true);
    emitVariant(context, definition, statics);
    this.#known.set(key, context.effects);
    return context.effects;
  }
}
