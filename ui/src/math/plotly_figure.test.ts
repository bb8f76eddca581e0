import assert from "node:assert/strict";
import { test } from "node:test";
import { read_figure, say_figure, themed_layout } from "./plotly_figure.ts";

const inks = {
  text: "#111",
  quiet: "#777",
  grid: "#eee",
  axis: "#999",
  panel: "#fff",
  font: "sans",
  series: ["#00f"],
  ramp: ["#000", "#fff"],
};

test("what is no figure says why", () => {
  for (const json of [
    null,
    [],
    {},
    { data: { type: 5 } },
    { data: [1] },
    { data: [], layout: "wide" },
  ])
    assert.throws(() => read_figure(json), /^Error: read a figure: got /);
});

test("a map says that it needs what other servers have, a plot of points does not", () => {
  for (const type of [
    "scattergeo",
    "choropleth",
    "densitymap",
    "scattermapbox",
  ])
    assert.throws(() => read_figure({ data: [{ type }] }), /got a map/);
  for (const type of [
    "scatter",
    "scattergl",
    "scatter3d",
    "heatmap",
    undefined,
  ])
    assert.equal(read_figure({ data: [{ type }] }).data.length, 1);
});

test("pictures of other servers are left out, own ones stay", () => {
  const own = "data:image/png;base64,AAAA";
  const { data, layout } = read_figure({
    data: [
      { type: "image", source: "http://elsewhere.example/a.png" },
      { type: "image", source: own },
    ],
    layout: {
      images: [{ source: "//elsewhere.example/b.png" }, { source: own }],
    },
  });
  assert.deepEqual(data, [{ type: "image" }, { type: "image", source: own }]);
  assert.deepEqual(layout["images"], [{ source: own }]);
});

test("what a figure says of itself stays in the page's inks", () => {
  const layout = themed_layout(
    {
      template: { layout: {} },
      plot_bgcolor: "red",
      width: 4000,
      margin: { t: 9 },
    },
    inks,
    360,
  );
  assert.equal(layout["plot_bgcolor"], "red");
  assert.equal(layout["paper_bgcolor"], "rgba(0,0,0,0)");
  assert.equal(layout["width"], undefined);
  assert.deepEqual(layout["margin"], { l: 56, r: 24, t: 9, b: 44 });
  assert.deepEqual(
    (layout["template"] as { layout: { colorway: string[] } }).layout.colorway,
    ["#00f"],
  );
});

test("a figure is said in words", () => {
  const figure = read_figure({
    data: [{ type: "heatmap" }, { name: "ideal" }],
    layout: { title: { text: "Kinds" } },
  });
  assert.equal(say_figure(figure), "Kinds: heatmap, scatter ideal");
});
