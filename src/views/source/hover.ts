/** The value of the word under the pointer, evaluated in the current frame. */
import * as monaco from 'monaco-editor/editor/editor.api.js';
import type { Client } from '../../client/client.ts';

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

/** Adds the hover to one editor's model; dispose to remove. */
export function registerHover(client: Client, editor: monaco.editor.IStandaloneCodeEditor): monaco.IDisposable {
  return monaco.languages.registerHoverProvider(['cpp', 'a64'], {
    async provideHover(model, position) {
      const { stop } = client.machine.getState();
      if (model !== editor.getModel() || !stop) return null;
      const expression = expressionAt(model.getLineContent(position.lineNumber), position.column);
      if (expression === undefined) return null;
      try {
        const { value, type } = await client.session.evaluate(
          stop.stopId,
          client.context.getState().frameId,
          expression,
        );
        return { contents: [{ value: `\`\`\`c\n${type} ${expression} = ${value}\n\`\`\`` }] };
      } catch {
        // Keywords, comments, names that are not in scope: no value, no hover.
        return null;
      }
    },
  });
}
