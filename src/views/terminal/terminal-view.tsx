/** A domain's console, or Xen's. */
import '@xterm/xterm/css/xterm.css';
import './styles.css';
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import { type ReactElement, useEffect, useRef } from 'react';
import type { Client } from '../../client/client.ts';
import { chordOf } from '../../client/keys.ts';
import type { TerminalId } from '../../protocol/pack.ts';
import { useClient } from '../../ui/client-context.tsx';
import { themeColor, useTheme } from '../../ui/theme/theme.ts';
import type { ViewProps } from '../../ui/workbench/view.ts';

function terminalTheme(): ITheme {
  return {
    background: themeColor('--panel'),
    foreground: themeColor('--text'),
    cursor: themeColor('--accent'),
    cursorAccent: themeColor('--panel'),
    selectionBackground: themeColor('--selected'),
  };
}

function createTerminal(): Terminal {
  return new Terminal({
    fontFamily: themeColor('--font-mono'),
    fontSize: 12,
    lineHeight: 1.2,
    scrollback: 10_000,
    cursorBlink: false,
    convertEol: false,
    theme: terminalTheme(),
  });
}

/** Milliseconds that the terminal takes to see that it is in the page again, with a good margin. */
const ATTENTION = 60;

/**
 * While its panel was covered the terminal did not draw, and its scroll bar kept the size it had before. A change of size draws all anew, and after that
 * the scroll bar can be put where it belongs. Returns how to call it off.
 */
function comeForward(terminal: Terminal): () => void {
  const redraw = setTimeout(() => {
    const { cols, rows } = terminal;
    terminal.resize(cols, rows + 1);
    terminal.resize(cols, rows);
  }, ATTENTION);
  const scroll = setTimeout(() => terminal.scrollToBottom(), 2 * ATTENTION);
  return () => {
    clearTimeout(redraw);
    clearTimeout(scroll);
  };
}

/** Connects a terminal to its console; returns how to disconnect it. */
function connect(terminal: Terminal, client: Client, id: TerminalId): () => void {
  const unsubscribe = client.consoles.subscribe(id, (bytes) => (bytes ? terminal.write(bytes) : terminal.reset()));
  const typing = terminal.onData((text) => {
    client.type(id, text).catch((error: unknown) => client.report(String(error)));
  });
  // Debugger keys belong to the workbench even here; everything else goes to the guest.
  terminal.attachCustomKeyEventHandler((event) => !/F\d+$/.test(chordOf(event)));
  return () => {
    unsubscribe();
    typing.dispose();
  };
}

export function TerminalView({ params, isVisible }: ViewProps): ReactElement {
  const client = useClient();
  const id = params.terminal as TerminalId;
  const host = useRef<HTMLDivElement>(null);
  const terminalRef = useRef<Terminal | null>(null);
  const theme = useTheme();

  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const terminal = createTerminal();
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(element);
    terminalRef.current = terminal;
    const disconnect = connect(terminal, client, id);
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === 0 || element.clientHeight === 0) return;
      const wasAtEnd = terminal.buffer.active.viewportY === terminal.buffer.active.baseY;
      fit.fit();
      if (wasAtEnd) terminal.scrollToBottom();
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      disconnect();
      terminal.dispose();
    };
  }, [client, id]);

  useEffect(() => {
    if (terminalRef.current) terminalRef.current.options.theme = terminalTheme();
  }, [theme]);
  useEffect(() => {
    const terminal = terminalRef.current;
    if (!isVisible || !terminal) return undefined;
    return comeForward(terminal);
  }, [isVisible]);

  return (
    <div className="view terminal" onClick={() => terminalRef.current?.focus()}>
      <div ref={host} className="terminal-host" data-terminal={id} />
    </div>
  );
}
