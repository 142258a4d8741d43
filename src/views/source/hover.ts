/** The value of the word under the pointer, evaluated in the current frame. */
import * as monaco from 'monaco-editor/editor/editor.api.js';
import type { Client } from '../../client/client.ts';
import { currentFrame } from '../../client/context-store.ts';
import type { OpenSource } from '../../client/navigation.ts';
import type { StackFrame } from '../../protocol/inspect.ts';

const WORD = /[A-Za-z_$][\w$]*(?:(?:->|\.)[A-Za-z_]\w*)*/g;

/** The expression around a column: `cmd`, or `regs->x16` up to and including the member pointed at. */
function expressionAt(line: string, column: number): string | undefined {
  for (const match of line.matchAll(WORD)) {
    const start = match.index + 1;
    if (column < start || column > start + match[0].length) continue;
    const rest = match[0].slice(column - start);
    const end = rest.search(/->|\./);
    return end < 0 ? match[0] : match[0].slice(0, column - start + end);
  }
  return undefined;
}

/** The frame in which the words of a file are evaluated: the current one if it is in that file, else the youngest there. */
function frameOf(client: Client, { path, owner }: OpenSource): StackFrame | undefined {
  const state = client.context.getState();
  const domain = owner.kind === 'xen' ? null : owner.domain;
  const isHere = (frame: StackFrame): boolean => frame.source?.path === path && frame.domain === domain;
  const current = currentFrame(state);
  return current && isHere(current) ? current : (state.frames.find(isHere) ?? sameOwner(current, domain));
}

/** Globals can be seen from any frame of the same program. */
function sameOwner(frame: StackFrame | undefined, domain: number | null): StackFrame | undefined {
  return frame?.domain === domain ? frame : undefined;
}

/** Adds the hover to one editor's model; dispose to remove. */
export function registerHover(
  client: Client,
  editor: monaco.editor.IStandaloneCodeEditor,
  source: OpenSource,
): monaco.IDisposable {
  return monaco.languages.registerHoverProvider(['cpp', 'a64'], {
    async provideHover(model, position) {
      const { stop } = client.machine.getState();
      if (model !== editor.getModel() || !stop) return null;
      const expression = expressionAt(model.getLineContent(position.lineNumber), position.column);
      const frame = frameOf(client, source);
      if (expression === undefined || !frame) return null;
      try {
        const { value, type } = await client.session.evaluate(stop.stopId, frame.id, expression);
        return { contents: [{ value: `\`\`\`c\n${type} ${expression} = ${value}\n\`\`\`` }] };
      } catch {
        // Keywords, comments, names that are not in scope: no value, no hover.
        return null;
      }
    },
  });
}
