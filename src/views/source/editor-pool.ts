/**
 * Editors for source files. Making one takes longer than a whole step may, so that one is always kept ready: a step into another file only puts a text into it.
 */
import * as monaco from 'monaco-editor/editor/editor.api.js';
import { themeColor } from '../../ui/theme/theme.ts';

/** Columns of a tab, as in Xen and Linux. */
export const TAB_SIZE = 8;

type Editor = monaco.editor.IStandaloneCodeEditor;

/** Editors that are kept ready: a step may open two files. */
const MAX_SPARE = 2;
/** Milliseconds without a new file after which a spare editor is made: the page has more urgent things to do before. */
const REST = 1000;

interface Spare {
  readonly editor: Editor;
  readonly element: HTMLElement;
}

const spare: Spare[] = [];
const elements = new WeakMap<Editor, HTMLElement>();

function create(): Spare {
  const element = document.createElement('div');
  element.className = 'source-editor';
  const editor = monaco.editor.create(element, {
    model: null,
    readOnly: true,
    domReadOnly: true,
    glyphMargin: true,
    automaticLayout: true,
    fontFamily: themeColor('--font-mono'),
    fontSize: 12.5,
    lineHeight: 19,
    minimap: { enabled: false },
    scrollBeyondLastLine: false,
    renderLineHighlight: 'none',
    tabSize: TAB_SIZE,
    lineNumbersMinChars: 4,
    folding: false,
    contextmenu: false,
    occurrencesHighlight: 'off',
  });
  elements.set(editor, element);
  return { editor, element };
}

let timer: ReturnType<typeof setTimeout> | undefined;

function refill(): void {
  clearTimeout(timer);
  if (spare.length >= MAX_SPARE) return;
  timer = setTimeout(() => {
    spare.push(create());
    refill();
  }, REST);
}

/** An editor of `model` in `host`. */
export function takeEditor(host: HTMLElement, model: monaco.editor.ITextModel, label: string): Editor {
  const { editor, element } = spare.pop() ?? create();
  host.append(element);
  editor.updateOptions({ ariaLabel: label });
  editor.setModel(model);
  editor.layout();
  refill();
  return editor;
}

/** Takes an editor back whose model is gone. */
export function giveEditor(editor: Editor): void {
  const element = elements.get(editor);
  element?.remove();
  editor.setModel(null);
  if (element && spare.length < MAX_SPARE) spare.push({ editor, element });
  else editor.dispose();
}
