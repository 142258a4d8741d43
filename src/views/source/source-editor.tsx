/** Monaco with what a debugger adds: breakpoints in the gutter, the current line, values on hover. */
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker';
import * as monaco from 'monaco-editor/editor/editor.api.js';
import 'monaco-editor/features/find/register.js';
import 'monaco-editor/features/hover/register.js';
import 'monaco-editor/languages/definitions/cpp/register.js';
import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { isSameValue } from '../../base/same-value.ts';
import type { Client } from '../../client/client.ts';
import { type CodeCursor, lineInFile, toggleBreakpointAt } from '../../client/cursor-store.ts';
import { type OpenSource, sourcePanelId } from '../../client/navigation.ts';
import type { BreakpointSpec, BreakpointState } from '../../protocol/breakpoints.ts';
import type { SourceText } from '../../protocol/inspect.ts';
import { formatScope, type Scope } from '../../protocol/target.ts';
import { useClient, useTargetContext } from '../../ui/client-context.tsx';
import { themeColor, useTheme } from '../../ui/theme/theme.ts';
import { ownerOf } from '../../ui/widgets/owner-chip.tsx';
import { giveEditor, TAB_SIZE, takeEditor } from './editor-pool.ts';
import { registerAssembly } from './assembly-language.ts';
import { registerHover } from './hover.ts';
import { fitBehind } from './inline-values.ts';
import { useInlineValues } from './use-inline-values.ts';

self.MonacoEnvironment = { getWorker: () => new EditorWorker() };
registerAssembly();

type Found = SourceText & { readonly kind: 'found' };

function defineTheme(theme: 'dark' | 'light'): string {
  const name = `trapline-${theme}`;
  monaco.editor.defineTheme(name, {
    base: theme === 'dark' ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [],
    colors: {
      'editor.background': themeColor('--panel'),
      'editorGutter.background': themeColor('--panel'),
      'editorLineNumber.foreground': themeColor('--text-dim'),
      'editorLineNumber.activeForeground': themeColor('--text'),
    },
  });
  return name;
}

/** Columns that stay free at the right edge: those of the scroll bar and of the space before the values. */
const MARGIN = 3;

function languageOf(path: string): string {
  return /\.[sS]$/.test(path) ? 'a64' : 'cpp';
}

/** The scope of a breakpoint set in a file: that of the file's owner. */
function scopeOf(source: OpenSource): Scope {
  return source.owner.kind === 'xen' ? { kind: 'xen' } : { kind: 'domain', domain: source.owner.domain };
}

function cursorAt(source: OpenSource, line: number, word?: string): CodeCursor {
  return { place: { kind: 'line', path: source.path, line }, scope: scopeOf(source), word };
}

/** Keeps the client's cursor at that of an editor, from when it gets the focus on. */
function followCursor(
  client: Client,
  editor: monaco.editor.IStandaloneCodeEditor,
  source: OpenSource,
): monaco.IDisposable[] {
  const update = (): void => {
    const position = editor.getPosition();
    if (!position || !editor.hasTextFocus()) return;
    const word = editor.getModel()?.getWordAtPosition(position)?.word;
    client.cursor.setState({ cursor: cursorAt(source, position.lineNumber, word) });
  };
  return [editor.onDidFocusEditorText(update), editor.onDidChangeCursorPosition(update)];
}

/** True unless a breakpoint is bound in other spaces only: Dom0's kernel has the same files as DomU1's. */
function isOwned({ place }: BreakpointSpec, state: BreakpointState | undefined, { owner }: OpenSource): boolean {
  if (place.kind === 'line') return true;
  return (
    state?.locations.some(({ space }) =>
      owner.kind === 'xen' ? space.kind === 'xen' : 'domain' in space && space.domain === owner.domain,
    ) ?? false
  );
}

/** Decorations of the breakpoints that belong to this file. */
function breakpointDecorations(
  specs: readonly BreakpointSpec[],
  states: Readonly<Record<string, BreakpointState>>,
  source: OpenSource,
): monaco.editor.IModelDeltaDecoration[] {
  return specs.flatMap((spec) => {
    const state = states[spec.id];
    const line = lineInFile(spec, state, source.path);
    if (line === undefined || !isOwned(spec, state, source)) return [];
    const look = !spec.enabled ? 'disabled' : state?.state === 'applied' ? 'applied' : 'pending';
    const options: monaco.editor.IModelDecorationOptions = {
      glyphMarginClassName: `source-breakpoint ${look}`,
      glyphMarginHoverMessage: { value: `Breakpoint for ${breakpointWords(spec, state)}` },
    };
    const end = Number.MAX_SAFE_INTEGER;
    const owner = spec.scope.kind === 'xen' ? 'xen' : 'domain' in spec.scope ? ownerOf(spec.scope.domain) : 'idle';
    const after = {
      content: `\u2003● ${breakpointWords(spec, state)}`,
      inlineClassName: `source-scope owner-${owner}`,
      inlineClassNameAffectsLetterSpacing: true,
    };
    return [
      { range: new monaco.Range(line, 1, line, 1), options },
      { range: new monaco.Range(line, end, line, end), options: { showIfCollapsed: true, after } },
    ];
  });
}

/** Whom it stops, and why it does not or not where it was set: `d1`, `d1, moved here from line 79`, `d1, disabled`. */
function breakpointWords({ scope, place, enabled }: BreakpointSpec, state: BreakpointState | undefined): string {
  const words = [formatScope(scope)];
  if (!enabled) words.push('disabled');
  else if (state?.state !== 'applied')
    words.push(`${state?.state ?? 'pending'}: ${state?.message ?? 'not placed yet'}`);
  if (place.kind === 'line' && state?.line !== undefined) words.push(`moved here from line ${place.line}`);
  return words.join(', ');
}

interface Mark {
  readonly line: number;
  readonly isTop: boolean;
}

/** Lines of this file that frames of the current stack stand in. */
function useMarks(source: OpenSource): readonly Mark[] {
  const frames = useTargetContext((state) => state.frames);
  const domain = source.owner.kind === 'xen' ? null : source.owner.domain;
  const top = frames.find((frame) => frame.presentationHint !== 'label');
  return frames.flatMap((frame) => {
    if (!frame.source || frame.source.path !== source.path || frame.domain !== domain) return [];
    return [{ line: frame.source.line, isTop: frame === top }];
  });
}

function markDecorations(marks: readonly Mark[]): monaco.editor.IModelDeltaDecoration[] {
  return marks.map(({ line, isTop }) => ({
    range: new monaco.Range(line, 1, line, 1),
    options: {
      isWholeLine: true,
      className: isTop ? 'source-current' : 'source-frame',
      glyphMarginClassName: isTop ? 'source-arrow' : 'source-arrow frame',
    },
  }));
}

function inlineDecorations(
  texts: ReadonlyMap<number, string>,
  lines: readonly string[],
  columns: number,
): monaco.editor.IModelDeltaDecoration[] {
  return [...texts].flatMap(([line, text]) => {
    const content = fitBehind(lines[line - 1] ?? '', text, columns, TAB_SIZE);
    if (content === undefined) return [];
    const after = {
      content: `\u2003${content}`,
      inlineClassName: 'source-inline',
      inlineClassNameAffectsLetterSpacing: true,
    };
    const range = new monaco.Range(line, Number.MAX_SAFE_INTEGER, line, Number.MAX_SAFE_INTEGER);
    return [{ range, options: { showIfCollapsed: true, after } }];
  });
}

export interface SourceEditorProps {
  readonly source: OpenSource;
  readonly text: Found;
}

export function SourceEditor({ source, text }: SourceEditorProps): ReactElement {
  const client = useClient();
  const theme = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const editorRef = useRef<monaco.editor.IStandaloneCodeEditor | null>(null);
  const decorations = useRef<monaco.editor.IEditorDecorationsCollection | null>(null);
  const shownDecorations = useRef<readonly monaco.editor.IModelDeltaDecoration[]>([]);
  const { specs, states } = useStore(client.breakpoints);
  const marks = useMarks(source);
  const inline = useInlineValues(source, text.text);
  const lines = useMemo(() => text.text.split('\n'), [text]);
  /** Columns in sight; what stands behind the code must end there. */
  const [columns, setColumns] = useState(80);
  const asked = useStore(client.navigation, (state) => state.source);

  useEffect(() => {
    if (!host.current) return undefined;
    const uri = monaco.Uri.parse(`trapline:${encodeURI(sourcePanelId(source))}`);
    const model = monaco.editor.getModel(uri) ?? monaco.editor.createModel(text.text, languageOf(source.path), uri);
    const editor = takeEditor(host.current, model, source.path);
    editorRef.current = editor;
    shownDecorations.current = [];
    const measure = (): void => setColumns(editor.getLayoutInfo().viewportColumn - MARGIN);
    const layout = editor.onDidLayoutChange(measure);
    measure();
    decorations.current = editor.createDecorationsCollection();
    if (source.line !== undefined) editor.revealLineInCenter(source.line);
    const clicks = editor.onMouseDown(({ target }) => {
      const isGutter =
        target.type === monaco.editor.MouseTargetType.GUTTER_GLYPH_MARGIN ||
        target.type === monaco.editor.MouseTargetType.GUTTER_LINE_NUMBERS;
      if (isGutter && target.position)
        toggleBreakpointAt(client.breakpoints, cursorAt(source, target.position.lineNumber));
    });
    // F12 belongs to the browser everywhere else.
    const keys = editor.onKeyDown((event) => {
      if (event.keyCode !== monaco.KeyCode.F12) return;
      event.preventDefault();
      client.commands.run('go.definition');
    });
    const cursor = followCursor(client, editor, source);
    const hover = registerHover(client, editor, source);
    return () => {
      clicks.dispose();
      keys.dispose();
      layout.dispose();
      for (const each of cursor) each.dispose();
      hover.dispose();
      decorations.current?.clear();
      editor.getModel()?.dispose();
      giveEditor(editor);
    };
  }, [client, source, text]);

  useEffect(() => monaco.editor.setTheme(defineTheme(theme)), [theme]);
  useEffect(() => {
    const next = [
      ...breakpointDecorations(specs, states, source),
      ...markDecorations(marks),
      ...inlineDecorations(inline, lines, columns),
    ];
    // Every change of the decorations makes the editor draw its lines anew.
    if (isSameValue(next, shownDecorations.current)) return;
    shownDecorations.current = next;
    decorations.current?.set(next);
  }, [specs, states, source, marks, inline, lines, columns]);
  useEffect(() => {
    if (asked?.line !== undefined && sourcePanelId(asked) === sourcePanelId(source)) {
      editorRef.current?.revealLineInCenterIfOutsideViewport(asked.line);
      editorRef.current?.setPosition({ lineNumber: asked.line, column: 1 });
      if (asked.takesFocus) editorRef.current?.focus();
    }
  }, [asked, source]);

  return <div ref={host} className="source-host" />;
}
