import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { needs } from '../support/needs.ts';
import { looks, openScreens, type Screens } from '../support/screen.ts';
import { openSite, type TestSite } from './site.ts';

needs('chromium')('every screen', () => {
  let site: TestSite;
  let screens: Screens;
  beforeAll(async () => {
    site = await openSite();
    screens = await openScreens(site.address);
    const ada = await site.user('ada');
    const maths = await site.group('Mathematics', ada);
    await site.group('Faculty of Science', maths);
    await site.database.rows({ text: 'update groups set internal = false' });
  }, 60_000);
  afterAll(async () => {
    await screens.close();
    await site.close();
  });

  const paths: readonly (readonly [name: string, path: () => string])[] = [['my-groups', () => '/my-groups']];

  it.each(looks)('is whole, and axe finds nothing: scripts $scripts, $colours, $width', async (look) => {
    const outside = await screens.visit(null, '/', look);
    expect(await outside.faults()).toEqual([]);
    await outside.keepPicture('sign-in');
    const visitor = await screens.visit(await site.link('administrator'), '/', look);
    for (const [name, path] of paths) {
      await visitor.page.goto(path());
      expect([name, await visitor.faults()]).toEqual([name, []]);
      await visitor.keepPicture(name);
    }
    expect(visitor.complaints).toEqual([]);
    expect(site.faults).toEqual([]);
  });
});
