// How run ids are written: whole where they are copied, shortened in links, where a prefix that fits one run alone will do.

/** An id begins with the milliseconds of its creation, 12 digits; four random ones behind them tell runs apart. */
const link_digits = 16;
const shown_digits = 12;

/** The part of an id that links carry. */
export function link_id(run: { readonly id: string }): string {
  return run.id.slice(0, link_digits);
}

/** The part of an id that people see. */
export function shown_id(run: { readonly id: string }): string {
  return run.id.slice(0, shown_digits);
}

/** The address of a run's page. */
export function run_path(run: { readonly id: string }): string {
  return `/runs/${link_id(run)}`;
}
