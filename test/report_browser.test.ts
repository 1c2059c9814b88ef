// Reports as a reader has them: opened in Chromium, on wide and narrow screens, light and dark, by mouse and by keyboard.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { renderReport } from "fedmtl";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeWithChromium } from "./support/chromium.js";
import { contentOf } from "./support/report_content.js";

const folder = mkdtempSync(join(tmpdir(), "fedmtl-report-"));
const path = join(folder, "report.html");
const hostilePath = join(folder, "hostile.html");
const content = contentOf({ devices: 100 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The contrast of two colours by WCAG 2, from 1 to 21: code for the page, where colours are known. */
const contrast = `
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const luminance = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
`;

describeWithChromium("a report in a browser", (browser) => {
  let page: Page | undefined;
  const problems: string[] = [];
  const requested: string[] = [];

  beforeAll(async () => {
    writeFileSync(path, await renderReport(content));
    const text = `</script><img src=x onerror="document.title='taken'"> "' </title>`;
    writeFileSync(hostilePath, await renderReport(contentOf({ text })));
  });

  afterEach(async () => {
    await page?.close();
    expect(problems.splice(0)).toEqual([]);
    expect(requested.splice(0).filter((url) => !/^(file|data):/.test(url))).toEqual([]);
  });

  async function open(options: { width?: number; dark?: boolean; file?: string } = {}): Promise<Page> {
    const { width = 1280, dark = false, file = path } = options;
    page = await browser().newPage({
      viewport: { width, height: 800 },
      colorScheme: dark ? "dark" : "light",
      acceptDownloads: true,
    });
    page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => requested.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    return page;
  }

  it("draws every plot with marks that have an extent, and its text", async () => {
    const page = await open();
    const plots = (await page.evaluate(`[...document.querySelectorAll("svg.plot")].map((plot) => ({
      title: plot.querySelector("title").textContent,
      drawn: [...plot.querySelectorAll("g[class] path, g[class] circle, g[aria-label=rect] rect")]
        .filter((mark) => mark.getBoundingClientRect().width > 0).length,
      texts: plot.querySelectorAll("text").length,
      height: plot.getBoundingClientRect().height,
    }))`)) as { title: string; drawn: number; texts: number; height: number }[];
    expect(plots).toHaveLength(9);
    for (const { title, drawn, texts, height } of plots) {
      expect(drawn, title).toBeGreaterThan(2);
      expect(texts, title).toBeGreaterThan(3);
      expect(height, title).toBeGreaterThan(90);
    }
    // A line a method in each of the three plots of the comparison, with a band and with markers.
    for (let series = 0; series < 3; series++) {
      expect(await page.locator(`#convergence svg.plot g.series-${series}`).count()).toBe(9);
    }
  });

  it("hides and shows a method in all plots of its section, and in no other", async () => {
    const page = await open();
    const marks = (part: string, series: number) =>
      page.locator(`${part} svg.plot g.series-${series}:visible`).count();
    const box = page.locator("#convergence input[data-series='1']");
    const before = [await marks("#convergence", 0), await marks("#convergence", 1), await marks("#tasks", 1)];
    await box.uncheck();
    expect(await marks("#convergence", 1)).toBe(0);
    expect([await marks("#convergence", 0), before[1], await marks("#tasks", 1)]).toEqual(before);
    await box.check();
    expect(await marks("#convergence", 1)).toBe(before[1]);
  });

  it("sorts a table both ways, numbers as numbers, missing ones last", async () => {
    const page = await open();
    const heading = page.locator("#tasks th").filter({ hasText: "global" });
    const cells = async (): Promise<(number | undefined)[]> =>
      (
        (await page.evaluate(
          `[...document.querySelectorAll("#tasks tbody tr")].map((row) => row.cells[4].dataset.value)`,
        )) as (string | undefined)[]
      ).map((value) => (value === undefined ? undefined : Number(value)));
    const values = content.taskErrors?.models[2]?.values.filter((value) => value !== null) ?? [];
    const rising = [...values].sort((a, b) => a - b);
    await heading.getByRole("button").click();
    expect(await heading.getAttribute("aria-sort")).toBe("ascending");
    expect(await cells()).toEqual([...rising, undefined]);
    await heading.getByRole("button").click();
    expect(await heading.getAttribute("aria-sort")).toBe("descending");
    expect(await cells()).toEqual([...rising.reverse(), undefined]);
    const others = page.locator("#tasks th:not([aria-sort=none])");
    expect(await others.count()).toBe(1);
  });

  it("is worked by keyboard: skip link, toggles, headings, and focus that is seen", async () => {
    const page = await open();
    await page.keyboard.press("Tab");
    const focused = (code: string) => page.evaluate(`document.activeElement.${code}`);
    expect(await focused("className")).toBe("skip");
    expect((await page.locator(".skip").boundingBox())?.x).toBeGreaterThanOrEqual(0);
    await page.keyboard.press("Enter");
    expect(await focused("id")).toBe("content");

    // From there on every control comes in turn: the toggles and the headings among them.
    const passed = new Set<string>();
    for (let i = 0; i < 200; i++) {
      await page.keyboard.press("Tab");
      const name = (await focused(
        "matches('input[data-series]') ? 'toggle' : document.activeElement.localName",
      )) as string;
      if (name === "body") break;
      expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), name).not.toBe(
        "none",
      );
      if (name === "toggle" && !passed.has(name)) {
        await page.keyboard.press("Space");
        expect(await focused("checked")).toBe(false);
      }
      if (name === "button" && !passed.has(name)) {
        await page.keyboard.press("Enter");
        expect(await focused("parentElement.getAttribute('aria-sort')")).toBe("ascending");
      }
      passed.add(name);
    }
    expect([...passed]).toEqual(expect.arrayContaining(["toggle", "button", "a"]));
  });

  it.each([320, 390, 1280])(
    "is no wider than a screen of %d pixels, and plots keep inside their columns",
    async (width) => {
      const page = await open({ width });
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      const edges = (await page.evaluate(
        `[...document.querySelectorAll("svg.plot, svg.plot text")].map((one) => one.getBoundingClientRect())
        .map(({ left, right }) => [left, right])`,
      )) as [number, number][];
      expect(edges.filter(([left, right]) => left < 0 || right > width)).toEqual([]);
      const sizes = (await page.evaluate(
        `[...document.querySelectorAll("svg.plot")].map((plot) => 12 * plot.getBoundingClientRect().width / 400)`,
      )) as number[];
      expect(Math.min(...sizes), "pixels of the smallest text").toBeGreaterThan(8);
    },
  );

  it("follows the system's light and dark, and the button", async () => {
    for (const dark of [false, true]) {
      const page = await open({ dark });
      const ground = () =>
        page.evaluate(`${contrast} luminance(getComputedStyle(document.body).backgroundColor)`);
      const isDark = async () => ((await ground()) as number) < 0.2;
      expect(await isDark()).toBe(dark);
      await page.locator("#theme").click();
      expect(await isDark()).toBe(!dark);
      await page.locator("#theme").click();
      expect(await isDark()).toBe(dark);
      await page.close();
    }
  });

  it.each([false, true])("has contrast enough for text (4.5) and marks (3), dark: %s", async (dark) => {
    const page = await open({ dark });
    const found = (await page.evaluate(`{ ${contrast}
      const ground = getComputedStyle(document.body).backgroundColor;
      const of = (selector, property) => [...document.querySelectorAll(selector)]
        .map((one) => getComputedStyle(one)[property]).map((colour) => contrast(colour, ground));
      const series = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => getComputedStyle(document.documentElement).getPropertyValue("--s" + i));
      ({ text: Math.min(...of("p, a, dt, dd, td, figcaption, .remark, legend", "color")),
         marks: Math.min(...series.map((colour) => contrast(colour.trim(), ground))) });
    }`)) as { text: number; marks: number };
    expect(found.text).toBeGreaterThanOrEqual(4.5);
    expect(found.marks).toBeGreaterThanOrEqual(3);
  });

  it("is dark on white on paper, without what paper cannot do", async () => {
    const page = await open({ dark: true, width: 720 });
    await page.emulateMedia({ media: "print" });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(720);
    const ground = `getComputedStyle(document.documentElement).getPropertyValue("--paper").trim()`;
    expect(await page.evaluate(ground)).toBe("#fff");
    expect(await page.locator("nav, #theme, .csv, .toggles input").locator("visible=true").count()).toBe(0);
    expect(await page.locator(".toggles .swatch:visible").count()).toBeGreaterThan(2);
  });

  it("saves the data behind a plot", async () => {
    const page = await open();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.locator("#devices a[download]").first().click(),
    ]);
    expect(download.suggestedFilename()).toBe("devices.csv");
    const lines = readFileSync(await download.path(), "utf8")
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(1 + (content.devices?.length ?? 0));
    expect(lines[0]).toBe("method,device,rounds,steps,theta,seconds,joules");
  });

  it("runs nothing that comes from names", async () => {
    const page = await open({ file: hostilePath });
    expect(await page.title()).toMatch(/^A report <\/script><img/);
    expect(await page.locator("img").count()).toBe(0);
  });
});
