/** A pack with other domains than the default one: the page is about those. */
import assert from 'node:assert/strict';
import { test } from './harness.ts';

interface Manifest {
  readonly domains: readonly { readonly domid: number; readonly name: string }[];
}

test(
  'terminals are those of the pack’s domains, under their names, and the layout keeps up',
  async ({ page, workbench, url }) => {
    const pattern = '**/packs/default/manifest.json';
    await page.context().route(pattern, async (route) => {
      const response = await route.fetch();
      const manifest = (await response.json()) as Manifest;
      const [dom0, domU1] = manifest.domains;
      const domains = [dom0, { ...domU1, name: 'sensor' }, { ...domU1, domid: 3, name: 'logger', vmid: 4 }];
      await route.fulfill({ json: { ...manifest, domains } });
    });
    await page.goto(url);
    await workbench.show('sensor');
    await workbench.waitForText('d1', /domU1 # $/);
    const tab = (name: string): Promise<number> => page.locator('.dock-tab').getByText(name, { exact: true }).count();
    const tabs = (...names: readonly string[]): Promise<number[]> => Promise.all(names.map(tab));
    assert.deepEqual(await tabs('sensor', 'logger', 'Dom0', 'DomU1', 'DomU2'), [1, 1, 1, 0, 0]);
    assert.equal(await page.locator('.guide').count(), 0, 'the guide is about the domains of the default pack');

    await page.context().unroute(pattern);
    await page.goto(url);
    await page.reload();
    await workbench.closeGuide();
    await workbench.show('DomU1');
    await workbench.waitForText('d1', /domU1 # $/);
    assert.deepEqual(await tabs('sensor', 'logger', 'Dom0', 'DomU1', 'DomU2'), [0, 0, 1, 1, 1]);
  },
  { isClosed: true },
);
