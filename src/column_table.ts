/**
 * A table of numbers that grows by rows and is held in columns, so that a million rows cost megabytes, not objects.
 */

const firstRows = 64;

/** A row a round, a column a quantity. */
export class ColumnTable<Name extends string> {
  readonly #columns: Map<Name, Float64Array>;
  #length = 0;

  constructor(names: readonly Name[]) {
    this.#columns = new Map(names.map((name) => [name, new Float64Array(firstRows)]));
  }

  /** Rows. */
  get length(): number {
    return this.#length;
  }

  /** NaN where there is no such row. */
  value(name: Name, row: number): number {
    return row < this.#length ? (this.#values(name)[row] ?? Number.NaN) : Number.NaN;
  }

  /** One column as a copy. */
  column(name: Name): Float64Array {
    return this.#values(name).slice(0, this.#length);
  }

  /** Sum of a column. */
  total(name: Name): number {
    let sum = 0;
    const values = this.#values(name);
    for (let row = 0; row < this.#length; row++) {
      sum += values[row] ?? 0;
    }
    return sum;
  }

  append(row: Readonly<Record<Name, number>>): void {
    for (const name of this.#columns.keys()) {
      let values = this.#values(name);
      if (this.#length === values.length) {
        const larger = new Float64Array(2 * values.length);
        larger.set(values);
        this.#columns.set(name, larger);
        values = larger;
      }
      values[this.#length] = row[name];
    }
    this.#length++;
  }

  /** Every column under its name behind the prefix. */
  save(prefix: string): Record<string, Float64Array> {
    return Object.fromEntries([...this.#columns.keys()].map((name) => [prefix + name, this.column(name)]));
  }

  /** @param read gives a saved column by its name */
  restore(prefix: string, read: (name: string) => Float64Array): void {
    for (const name of this.#columns.keys()) {
      const saved = read(prefix + name);
      const room = new Float64Array(Math.max(firstRows, saved.length));
      room.set(saved);
      this.#columns.set(name, room);
      this.#length = saved.length;
    }
  }

  #values(name: Name): Float64Array {
    return this.#columns.get(name) as Float64Array;
  }
}
