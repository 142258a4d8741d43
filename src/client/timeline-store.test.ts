import { beforeEach, expect, it } from 'vitest';
import { createBreakpointStore } from './breakpoint-store.ts';
import { createTimelineStore, keepArrangement, type TimelineStore } from './timeline-store.ts';
import { createWorkspaceStore, exportWorkspace, importWorkspace, type WorkspaceStore } from './workspace-store.ts';

let timeline: TimelineStore;
let workspace: WorkspaceStore;

beforeEach(() => {
  timeline = createTimelineStore();
  workspace = createWorkspaceStore();
  keepArrangement(timeline, workspace);
});

it('keeps pinned, moved and collapsed tracks in the workspace', () => {
  timeline.setState({ pinned: [7], order: [3, 2] });
  timeline.setState({ collapsed: ['d1'], groupOrder: ['d2', 'd1'] });
  const arrangement = { pinned: [7], order: [3, 2], collapsed: ['d1'], groupOrder: ['d2', 'd1'] };
  expect(workspace.getState().timeline).toEqual(arrangement);
});

it('arranges the tracks as a workspace says that was read', () => {
  timeline.setState({ pinned: [7], collapsed: ['d1'] });
  const text = exportWorkspace(workspace, createBreakpointStore());
  timeline.setState({ pinned: [], collapsed: [] });
  importWorkspace(text, workspace, createBreakpointStore());
  expect(timeline.getState()).toMatchObject({ pinned: [7], collapsed: ['d1'] });
});

it('leaves the workspace alone when only the range changes', () => {
  const before = workspace.getState();
  timeline.setState({ range: { from: 1, to: 2 } });
  expect(workspace.getState()).toBe(before);
});
