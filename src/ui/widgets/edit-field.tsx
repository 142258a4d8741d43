/** A field in the place of a value that is being changed. */
import { type FocusEvent, type KeyboardEvent, type ReactElement, useRef, useState } from 'react';

export interface EditFieldProps {
  readonly label: string;
  readonly initial: string;
  readonly isValid?: (text: string) => boolean;
  /** Takes what was entered; false keeps the field open with the text in it. */
  readonly onCommit: (text: string) => Promise<boolean>;
  readonly onDone: () => void;
  readonly className?: string;
}

/** Enter and leaving the field write a changed text, Escape drops it. Nothing that was entered is dropped silently. */
export function EditField({
  label,
  initial,
  isValid = () => true,
  onCommit,
  onDone,
  className = '',
}: EditFieldProps): ReactElement {
  const [text, setText] = useState(initial);
  const isClosing = useRef(false);
  const commit = async (): Promise<void> => {
    if (isClosing.current) return;
    isClosing.current = true;
    if (await onCommit(text)) onDone();
    else isClosing.current = false;
  };
  const onBlur = (event: FocusEvent): void => {
    // Another window came to the front: the person will be back.
    if (document.activeElement === event.target) return;
    if (text !== initial && isValid(text)) void commit();
    else if (!isClosing.current) onDone();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Enter' && isValid(text)) void commit();
    if (event.key !== 'Escape') return;
    isClosing.current = true;
    onDone();
  };
  return (
    <input
      className={`field mono ${isValid(text) ? '' : 'invalid '}${className}`}
      aria-label={label}
      aria-invalid={!isValid(text)}
      value={text}
      autoFocus
      spellCheck={false}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={onBlur}
      onKeyDown={onKeyDown}
    />
  );
}
