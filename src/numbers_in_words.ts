/**
 * Numbers as people read them.
 */

/** Three significant digits, as short as they come: `0.0512`, `1.2e-7`, `1230`. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** A fraction in per cent: `4.2 %`. */
export function percent(fraction: number): string {
  return `${short(100 * fraction)} %`;
}

/** A whole number with its digits in groups of three: `10,299`. */
export function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

/** An amount of memory or traffic: `12.3 MB`. */
export function bytesInWords(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let step = 0;
  let amount = bytes;
  while (amount >= 999.5 && step < units.length - 1) {
    amount /= 1000;
    step++;
  }
  return `${short(amount)} ${units[step]}`;
}
