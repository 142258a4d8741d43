/** Keeps a view that fails from taking the others with it. */
import { Component, type ReactNode } from 'react';
import { messageOf } from '../../client/client.ts';
import { Button } from '../widgets/button.tsx';

interface ErrorBoundaryProps {
  readonly name: string;
  readonly children: ReactNode;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, { readonly error: string | null }> {
  override state = { error: null };

  static getDerivedStateFromError(error: unknown): { error: string } {
    return { error: messageOf(error) };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <div className="empty">
        <p>
          {this.props.name} has failed: {this.state.error}
        </p>
        <Button onClick={() => this.setState({ error: null })}>Show it again</Button>
      </div>
    );
  }
}
