// Files of a run as a tree: `/` in their names divides folders.

export interface FileEntry {
  readonly name: string;
  readonly bytes?: number;
}

/** A row of the tree: a folder with what lies below it, or a file. */
export interface TreeRow<T extends FileEntry> {
  readonly path: string;
  /** The last part of the path. */
  readonly label: string;
  readonly depth: number;
  /** The file; undefined for a folder. */
  readonly file: T | undefined;
  readonly is_open: boolean;
  /** Files in it, with all folders below. */
  readonly n_files: number;
  /** Bytes of these, as far as they are known. */
  readonly bytes: number;
}

interface Folder<T> {
  readonly folders: Map<string, Folder<T>>;
  readonly files: T[];
}

/** The rows that are seen: folders first, each by name; what is in closed folders is not. A search opens all. */
export function tree_rows<T extends FileEntry>(
  files: readonly T[],
  closed: ReadonlySet<string>,
  find: string,
): readonly TreeRow<T>[] {
  const word = find.trim().toLowerCase();
  const root: Folder<T> = { folders: new Map(), files: [] };
  for (const file of files) {
    if (!file.name.toLowerCase().includes(word)) continue;
    let folder = root;
    for (const part of file.name.split("/").slice(0, -1)) {
      const known = folder.folders.get(part) ?? {
        folders: new Map(),
        files: [],
      };
      folder.folders.set(part, known);
      folder = known;
    }
    folder.files.push(file);
  }
  const rows: TreeRow<T>[] = [];
  add(root, "", 0, { closed: word === "" ? closed : new Set(), rows });
  return rows;
}

function add<T extends FileEntry>(
  folder: Folder<T>,
  path: string,
  depth: number,
  into: { closed: ReadonlySet<string>; rows: TreeRow<T>[] },
): { n_files: number; bytes: number } {
  let [n_files, bytes] = [0, 0];
  const by_name = [...folder.folders].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [label, below] of by_name) {
    const at = `${path}${label}/`;
    const is_open = !into.closed.has(at);
    const place = into.rows.length;
    const inner = add(below, at, depth + 1, {
      ...into,
      rows: is_open ? into.rows : [],
    });
    n_files += inner.n_files;
    bytes += inner.bytes;
    const row = { path: at, label, depth, file: undefined, is_open, ...inner };
    into.rows.splice(place, 0, row);
  }
  for (const file of folder.files) {
    n_files += 1;
    bytes += file.bytes ?? 0;
    into.rows.push({
      path: file.name,
      label: file.name.slice(path.length),
      depth,
      file,
      is_open: false,
      n_files: 1,
      bytes: file.bytes ?? 0,
    });
  }
  return { n_files, bytes };
}
