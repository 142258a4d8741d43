/** A64 assembly as Xen and Linux write it: GNU as with the C preprocessor. */
import * as monaco from 'monaco-editor/editor/editor.api.js';

export function registerAssembly(): void {
  monaco.languages.register({ id: 'a64', extensions: ['.S', '.s'] });
  monaco.languages.setLanguageConfiguration('a64', { comments: { lineComment: '//', blockComment: ['/*', '*/'] } });
  monaco.languages.setMonarchTokensProvider('a64', {
    ignoreCase: true,
    tokenizer: {
      root: [
        [/^\s*#\s*\w+/, 'keyword.directive'],
        [/\/\*/, 'comment', '@comment'],
        [/\/\/.*$/, 'comment'],
        [/^\s*[\w.$\\@]+:/, 'type.identifier'],
        [/\.[a-z_]\w*/, 'keyword'],
        [/\b(x|w|v|q|d|s|h|b)(\d|[12]\d|3[01])\b|\b(sp|wsp|xzr|wzr|lr|fp|pc)\b/, 'variable.predefined'],
        [/\b[a-z]\w*_el[0-3]\b/, 'variable.predefined'],
        [/#?-?(0x[0-9a-f]+|\d+)\b/, 'number'],
        [/"[^"]*"/, 'string'],
        [/[a-z_]\w*/, 'identifier'],
      ],
      comment: [
        [/\*\//, 'comment', '@pop'],
        [/./, 'comment'],
      ],
    },
  });
}
