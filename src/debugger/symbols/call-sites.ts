/** Call sites (DWARF 5, section 3.4): what a caller passed, where the callee no longer has it. */
import * as dw from '../../formats/dwarf/constants.ts';
import type { DebugInfo } from '../../formats/dwarf/debug-info.ts';
import { children, type Die } from '../../formats/dwarf/die.ts';

/**
 * Value of a parameter at the call, computed in the caller's frame by `value`. `location` names the register it was passed in; a parameter that was
 * not passed at all, because the compiler removed it, is named by the offset of its entry instead.
 */
export interface CallSiteParameter {
  readonly location: Uint8Array | undefined;
  readonly parameter: number | undefined;
  readonly value: Uint8Array;
}

/** A call. */
export interface CallSite {
  /** Name of the function called, when it is called directly. */
  readonly callee: string | undefined;
  readonly parameters: readonly CallSiteParameter[];
  /** The unit that the expressions belong to. */
  readonly unitOffset: number;
}

const MAX_DEPTH = 256;

/** The call within function `fn` that returns to `returnAddress`. May throw `Missing`. */
export function callSiteAt(info: DebugInfo, fn: Die, returnAddress: bigint): CallSite | undefined {
  const die = find(fn, returnAddress, 0);
  if (!die) return undefined;
  const callee = info.follow(die, dw.DW_AT_call_origin) ?? info.follow(die, dw.DW_AT_abstract_origin);
  return { callee: callee && info.nameOf(callee), parameters: parametersOf(info, die), unitOffset: die.unit.offset };
}

function find(scope: Die, returnAddress: bigint, depth: number): Die | undefined {
  for (const die of children(scope)) {
    const isCall = die.tag === dw.DW_TAG_call_site || die.tag === dw.DW_TAG_GNU_call_site;
    if (isCall && returnPc(die) === returnAddress) return die;
    const isScope = die.tag === dw.DW_TAG_lexical_block || die.tag === dw.DW_TAG_inlined_subroutine;
    const inner = isScope && depth < MAX_DEPTH ? find(die, returnAddress, depth + 1) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

function returnPc(die: Die): bigint | undefined {
  return die.address(dw.DW_AT_call_return_pc) ?? die.address(dw.DW_AT_low_pc);
}

function parametersOf(info: DebugInfo, call: Die): CallSiteParameter[] {
  const parameters: CallSiteParameter[] = [];
  for (const die of children(call)) {
    if (die.tag !== dw.DW_TAG_call_site_parameter && die.tag !== dw.DW_TAG_GNU_call_site_parameter) continue;
    const location = die.block(dw.DW_AT_location);
    const value = die.block(dw.DW_AT_call_value) ?? die.block(dw.DW_AT_GNU_call_site_value);
    const parameter = info.follow(die, dw.DW_AT_call_parameter) ?? info.follow(die, dw.DW_AT_abstract_origin);
    if (value) parameters.push({ location: location?.slice(), parameter: parameter?.offset, value: value.slice() });
  }
  return parameters;
}
