() => {
  // The map is moved by dragging, and zoomed by its buttons or by the wheel with Ctrl (as a pinch
  // is told): a wheel alone scrolls the page, which is what a reader on the way down wants.
  const whole = (svg) => svg.dataset.whole.split(" ").map(Number);
  const view = (svg) => svg.getAttribute("viewBox").split(" ").map(Number);
  const show = (svg, box) => {
    const [, , width] = whole(svg);
    svg.setAttribute("viewBox", box.map((value) => value.toFixed(1)).join(" "));
    svg.classList.toggle("fmqa-near-by", width / box[2] >= 1.9);
    svg.style.setProperty("--fmqa-scale", (box[2] / width).toFixed(3));
    svg.style.setProperty("--fmqa-dot", Math.sqrt(box[2] / width).toFixed(3));
  };
  const zoom = (svg, factor, at) => {
    const [x, y, width, height] = view(svg);
    const [left, top, most, tallest] = whole(svg);
    const wide = Math.min(most, Math.max(most / 12, width / factor));
    const tall = (wide / most) * tallest;
    const [fx, fy] = at || [0.5, 0.5];
    const across = Math.min(left + most - wide, Math.max(left, x + (width - wide) * fx));
    const down = Math.min(top + tallest - tall, Math.max(top, y + (height - tall) * fy));
    show(svg, [across, down, wide, tall]);
  };
  const drawing = (event) => {
    const svg = event.target.closest?.(".fmqa-map svg");
    if (svg && !svg.dataset.whole) svg.dataset.whole = svg.getAttribute("viewBox");
    return svg;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".fmqa-zoom button");
    if (!button) return;
    const svg = button.closest(".fmqa-map").querySelector("svg");
    if (!svg.dataset.whole) svg.dataset.whole = svg.getAttribute("viewBox");
    const how = button.dataset.zoom;
    if (how === "all") show(svg, whole(svg));
    else zoom(svg, how === "in" ? 1.6 : 1 / 1.6);
  });

  document.addEventListener("wheel", (event) => {
    const svg = event.ctrlKey && drawing(event);
    if (!svg) return;
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    const at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    zoom(svg, event.deltaY < 0 ? 1.25 : 0.8, at);
  }, { passive: false });

  let drag = null;
  document.addEventListener("pointerdown", (event) => {
    const svg = drawing(event);
    if (!svg || event.button !== 0) return;
    delete svg.dataset.dragged;
    drag = { svg, x: event.clientX, y: event.clientY, from: view(svg) };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const { svg, x, y, from } = drag;
    const far = Math.hypot(event.clientX - x, event.clientY - y);
    const [left, top, most, tallest] = whole(svg);
    if (far < 5 || from[2] >= most) return;
    svg.dataset.dragged = "yes";
    const scale = from[2] / svg.getBoundingClientRect().width;
    const across = from[0] - (event.clientX - x) * scale;
    const down = from[1] - (event.clientY - y) * scale;
    show(svg, [
      Math.min(left + most - from[2], Math.max(left, across)),
      Math.min(top + tallest - from[3], Math.max(top, down)),
      from[2],
      from[3],
    ]);
  });
  const end = () => { drag = null; };
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
}
