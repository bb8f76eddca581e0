// What a run is called on a page: its name, or the beginning of its id where nobody gave it one.

type Named = { readonly name: string } & (
  { readonly id: string } | { readonly run: string }
);

export function called(run: Named): string {
  const id = "id" in run ? run.id : run.run;
  return run.name === "" ? id.slice(0, 8) : run.name;
}
