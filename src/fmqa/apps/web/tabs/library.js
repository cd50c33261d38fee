() => {
  // The library's table is searched and sorted where it is shown.
  const rows = () => [...document.querySelectorAll(".fmqa-shelf tbody tr")];

  const search = () => {
    const box = document.getElementById("fmqa-shelf-search");
    if (!box) return;
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = rows();
    let shown = 0;
    for (const row of all) {
      const text = `${row.textContent} ${row.dataset.known ?? ""}`.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    const count = document.getElementById("fmqa-shelf-count");
    const told = all.length ? `${shown} / ${all.length}` : "";
    if (count && count.textContent !== told) count.textContent = told;
  };

  document.addEventListener("input", (event) => {
    if (event.target.id === "fmqa-shelf-search") search();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".fmqa-sort");
    if (!button) return;
    const head = button.closest("th");
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const text = (row) => row.cells[head.cellIndex].textContent.trim();
    const order = new Intl.Collator(undefined, { numeric: true });
    const sorted = rows().sort((a, b) => {
      const [one, two] = [text(a), text(b)];
      if (!one || !two) return (one ? 0 : 1) - (two ? 0 : 1); // what is unknown comes last
      return (down ? -1 : 1) * order.compare(one, two);
    });
    button.closest("table").tBodies[0].append(...sorted);
  });

  // A table that has just been drawn is searched for what stands in the box.
  let drawn = null;
  new MutationObserver(() => {
    const table = document.querySelector(".fmqa-shelf");
    if (table !== drawn) {
      drawn = table;
      search();
    }
  }).observe(document.body, { childList: true, subtree: true });
}
