// Chromium, for tests that look at pages as a reader does. A machine without it reports these tests as skipped; under
// CI=true its absence fails them instead.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";

function executable(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = folders.flatMap((folder) =>
    ["chromium", "chromium-browser"].map((name) => join(folder, name)),
  );
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

// A profile of its own is made for every start and removed at its end; nothing is asked of the network.
const args = [
  ...["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
];

/**
 * A `describe` whose tests need Chromium.
 *
 * @param title - of the group
 * @param define - defines the tests; receives what hands out the browser, started once for the group
 */
export function describeWithChromium(title: string, define: (browser: () => Browser) => void): void {
  const executablePath = executable();
  if (executablePath === undefined) {
    it.runIf(process.env.CI === "true")(`${title}: needs Chromium`, () => {
      throw new Error("CI must have chromium on its PATH; scripts/system_packages.cjs names the package");
    });
    return;
  }
  describe(title, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, headless: true, args });
    });
    afterAll(async () => {
      await browser?.close();
    });
    define(() => {
      if (browser === undefined) throw new Error("the browser is started before the tests");
      return browser;
    });
  });
}
