// Plotly, which draws the figures that people track: loaded from this server when the first figure is shown, and told to
// ask nobody else.

/** What is used of the library. */
interface Plotly {
  react(
    place: HTMLElement,
    data: unknown,
    layout: unknown,
    config: unknown,
  ): Promise<unknown>;
  purge(place: HTMLElement): void;
  readonly Plots: { resize(place: HTMLElement): Promise<unknown> | void };
}

declare global {
  interface Window {
    readonly Plotly?: Plotly;
    /** Where the strict build leaves the library, as it finds no module system. */
    readonly moduleName?: Plotly;
  }
}

const config = {
  displaylogo: false,
  responsive: false,
  plotlyServerURL: "",
  showSendToCloud: false,
  showEditInChartStudio: false,
  sendData: false,
  topojsonURL: "/assets/none/",
};

let loading: Promise<Plotly> | undefined;

function library(): Plotly | undefined {
  return window.Plotly ?? window.moduleName;
}

/** Loads the library once; tries again when that failed. */
export function load_plotly(): Promise<Plotly> {
  loading ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = "/assets/plotly.js";
    script.onload = () => {
      const found = library();
      if (found === undefined) fail(new Error("load Plotly: it is not there"));
      else done(found);
    };
    script.onerror = () => {
      loading = undefined;
      script.remove();
      fail(new Error("load Plotly: no answer from the server"));
    };
    document.head.append(script);
  });
  return loading;
}

/** Draws a figure, or draws it anew where one stands already. */
export async function draw_figure(
  place: HTMLElement,
  figure: { readonly data: unknown; readonly layout: unknown },
): Promise<void> {
  const plotly = await load_plotly();
  if (!place.isConnected) return;
  await plotly.react(place, figure.data, figure.layout, config);
}

/** Fits a figure to its place. */
export function fit_figure(place: HTMLElement): void {
  const is_seen = place.clientWidth > 0 && !place.hidden;
  if (is_seen && place.classList.contains("js-plotly-plot"))
    void library()?.Plots.resize(place);
}

/** Frees what a figure holds. */
export function forget_figure(place: HTMLElement): void {
  library()?.purge(place);
}
