/** The natural loops of a region's flow graph (Aho, Lam, Sethi, Ullman, "Compilers", 9.6). Nodes are block numbers. */

/** A natural loop that can be written as structured code. */
export interface Loop {
  readonly header: number;
  /** All its blocks, those of inner loops included, in an order in which only branches to headers go backward. */
  readonly blocks: readonly number[];
  /** Loops directly inside it. */
  readonly inner: readonly Loop[];
}

interface Found {
  readonly header: number;
  readonly body: ReadonlySet<number>;
}

/** Outermost loops. `start` is where the region begins; blocks it does not reach are looked at by themselves. */
export function findLoops(successors: readonly (readonly number[])[], start: number): Loop[] {
  const seen = new Set<number>();
  const loops: Loop[] = [];
  for (const root of [start, ...successors.keys()]) {
    if (seen.has(root)) continue;
    const order = reversePostorder(successors, root, seen);
    for (const node of order) seen.add(node);
    if (order.some((node, i) => successors[node].some((next) => order.indexOf(next) <= i)))
      loops.push(...loopsOf(successors, order));
  }
  return loops;
}

/** Nodes reached from `root` without passing nodes that belong to others. */
function reversePostorder(
  successors: readonly (readonly number[])[],
  root: number,
  others: ReadonlySet<number>,
): number[] {
  const order: number[] = [];
  const visited = new Set(others);
  const visit = (node: number): void => {
    visited.add(node);
    for (const next of successors[node]) if (!visited.has(next)) visit(next);
    order.push(node);
  };
  visit(root);
  return order.toReversed();
}

function loopsOf(successors: readonly (readonly number[])[], order: readonly number[]): Loop[] {
  const position = new Map(order.map((node, i) => [node, i]));
  const next = order.map((node) =>
    successors[node].flatMap((to) => {
      const at = position.get(to);
      return at === undefined ? [] : [at];
    }),
  );
  const previous = order.map((): number[] => []);
  next.forEach((list, from) => list.forEach((to) => previous[to].push(from)));
  const dominators = immediateDominators(previous);
  const bodies = new Map<number, Set<number>>();
  const retreats: [number, number][] = [];
  next.forEach((list, from) => {
    for (const to of list) {
      if (to > from) continue;
      if (!dominates(dominators, to, from)) retreats.push([from, to]);
      else bodies.set(to, addBody(bodies.get(to) ?? new Set([to]), previous, from));
    }
  });
  const found = [...bodies]
    .filter(([, body]) => !retreats.some(([from, to]) => body.has(from) && body.has(to)))
    .map(([header, body]): Found => ({ header, body }))
    .toSorted((a, b) => b.body.size - a.body.size);
  return nest(found, order);
}

/** Cooper, Harvey, Kennedy, "A simple, fast dominance algorithm". Nodes are numbered in reverse postorder; node 0 is the root. */
function immediateDominators(previous: readonly (readonly number[])[]): number[] {
  const parent = previous.map(() => -1);
  parent[0] = 0;
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) if (x > y) x = parent[x];
      else y = parent[y]; // prettier-ignore
    return x;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (let node = 1; node < previous.length; node++) {
      const known = previous[node].filter((from) => parent[from] >= 0);
      const best = known.reduce(meet);
      if (parent[node] === best) continue;
      parent[node] = best;
      changed = true;
    }
  }
  return parent;
}

function dominates(parent: readonly number[], a: number, b: number): boolean {
  let node = b;
  while (node > a) node = parent[node];
  return node === a;
}

/** Everything that reaches `from` without passing the header, which is in `body` already. */
function addBody(body: Set<number>, previous: readonly (readonly number[])[], from: number): Set<number> {
  const work = [from];
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    if (body.has(node)) continue;
    body.add(node);
    work.push(...previous[node]);
  }
  return body;
}

/** Loops that are within no other, with those inside them. `found` comes with the largest first. */
function nest(found: readonly Found[], order: readonly number[]): Loop[] {
  const loops: Loop[] = [];
  let rest = found;
  while (rest.length > 0) {
    const [outer, ...others] = rest;
    const inside = others.filter(({ header }) => outer.body.has(header));
    rest = others.filter(({ header }) => !outer.body.has(header));
    const blocks = [...outer.body].toSorted((a, b) => a - b).map((at) => order[at]);
    loops.push({ header: order[outer.header], blocks, inner: nest(inside, order) });
  }
  return loops;
}
