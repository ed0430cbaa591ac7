import { attachGrid } from "/static/js/grid.js";

attachGrid(document.querySelector("table.grid"));
