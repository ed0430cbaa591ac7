// What outlives a page: JSON in the browser's stores. A full or forbidden store loses only what a crash would need.

export class Keeper {
  constructor(store, name) {
    this.store = store;
    this.name = name;
  }

  read() {
    try {
      return JSON.parse(this.store.getItem(this.name) ?? "null");
    } catch {
      return null;
    }
  }

  write(value) {
    try {
      if (value === null) this.store.removeItem(this.name);
      else this.store.setItem(this.name, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }
}

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A keeper of its own for every tab, so that two tabs never overwrite each other's unsaved edits. */
export class TabKeeper extends Keeper {
  constructor(name) {
    const tab = new Keeper(sessionStorage, "grid-tab");
    const id = tab.read() ?? uuid();
    tab.write(id);
    super(localStorage, `${name}:${id}`);
    this.prefix = `${name}:`;
    navigator.locks?.request(this.name, () => new Promise(() => {}));
  }

  /** What tabs that were closed or crashed left behind; theirs from now on is ours. */
  async inherit() {
    const left = [];
    for (const name of this.others()) {
      const free = await unused(name);
      const keeper = new Keeper(this.store, name);
      if (free) left.push(keeper.read());
      if (free) keeper.write(null);
    }
    return left.filter(Boolean);
  }

  others() {
    try {
      return Object.keys(this.store).filter((name) => name.startsWith(this.prefix) && name !== this.name);
    } catch {
      return [];
    }
  }
}

function unused(name) {
  if (!navigator.locks) return true;
  return navigator.locks.request(name, { ifAvailable: true }, (lock) => lock !== null);
}
