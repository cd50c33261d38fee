() => {
  // A citation's number or card opens its evidence beside the answer.
  const answers = new Map(); // address -> promise of the panel's HTML
  const CITED = "a.fmqa-mark, a.fmqa-card, a.fmqa-cell";
  let opener = null;
  let wanted = 0;
  const page = () => document.getElementById("fmqa-top")?.parentElement; // styles hold within it
  const panel = () => document.getElementById("fmqa-panel");
  const language = () => document.querySelector(".fmqa-header")?.lang || "en";

  const fetched = (link) => {
    const address = `${link.getAttribute("href")}&lang=${language()}`;
    if (!answers.has(address)) {
      answers.set(address, fetch(address, { credentials: "same-origin" }).then(async (answer) => {
        const text = await answer.text();
        const readable = (answer.headers.get("content-type") || "").startsWith("text/html");
        if (!readable) throw new Error(answer.status);
        if (!answer.ok) answers.delete(address); // it may be there again later
        return text;
      }).catch(() => { answers.delete(address); return null; }));
    }
    return answers.get(address);
  };

  const cited = (target) => target.closest?.(CITED);

  // What the answer makes of the quote: that it is edited, second-hand or of another version.
  const aside = (header, link) => {
    const names = document.getElementById("fmqa-names").dataset;
    const href = link.getAttribute("href");
    const row = link.closest("[data-testid=bot], .message-row") ?? document;
    const mark = [...row.querySelectorAll("a.fmqa-mark")].find((one) => one.getAttribute("href") === href);
    if (!header || !mark) return;
    const told = [];
    let said = mark.previousElementSibling;
    while (said?.matches("a")) said = said.previousElementSibling;
    if (said?.matches(".fmqa-edited")) told.push(`${names.edited} ${said.textContent}`);
    if (mark.matches(".fmqa-caution")) told.push((mark.dataset.hint || mark.title).split(" · ").at(-1));
    header.append(...told.map((words) => Object.assign(document.createElement("p"), { className: "fmqa-why", textContent: words })));
  };

  const open = async (link, byKey) => {
    const mine = ++wanted;
    opener = link;
    const side = panel();
    const body = side.querySelector(".fmqa-panel-body");
    side.hidden = false;
    body.setAttribute("aria-busy", "true");
    page()?.classList.add("fmqa-reading");
    for (const other of document.querySelectorAll("a[aria-current]")) {
      other.removeAttribute("aria-current");
    }
    const href = link.getAttribute("href");
    for (const same of document.querySelectorAll(CITED)) {
      if (same.getAttribute("href") === href) same.setAttribute("aria-current", "true");
    }
    const html = await fetched(link);
    if (mine !== wanted) return;
    body.innerHTML = html ?? document.getElementById("fmqa-unreached").innerHTML;
    body.removeAttribute("aria-busy");
    aside(body.querySelector(".fmqa-evidence header"), link);
    const box = body.querySelector(".fmqa-box");
    const sheet = body.querySelector(".fmqa-leaf");
    side.scrollTop = 0;
    if (sheet && box && side.scrollHeight > side.clientHeight) {
      const top = box.getBoundingClientRect().top - side.getBoundingClientRect().top;
      if (top > side.clientHeight * 0.8) side.scrollTop = top - side.clientHeight / 3;
    }
    if (byKey) body.querySelector("h2")?.focus({ preventScroll: true });
    link.scrollIntoView({ block: "nearest" });
  };

  const close = () => {
    const side = panel();
    if (!side || side.hidden) return;
    wanted += 1;
    side.hidden = true;
    page()?.classList.remove("fmqa-reading");
    for (const other of document.querySelectorAll("a[aria-current]")) {
      other.removeAttribute("aria-current");
    }
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    opener = null;
  };

  document.addEventListener("click", (event) => {
    const link = cited(event.target);
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      hide();
      open(link, event.detail === 0); // a key's click counts no presses
    } else if (event.target.closest?.(".fmqa-close") || event.target.closest?.("[role=tab]")) {
      close();
    }
  }, true);

  // What a number stands for, while it is pointed at or has the focus.
  const tip = document.createElement("div");
  tip.id = "fmqa-tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  (page() ?? document.body).append(tip);
  let told = null;
  let leaving = 0;

  const hide = () => {
    tip.hidden = true;
    told?.removeAttribute("aria-describedby");
    told = null;
  };
  const show = (mark) => {
    clearTimeout(leaving);
    if (mark.title) { // the browser's own tooltip would cover ours
      mark.dataset.hint = mark.title;
      mark.removeAttribute("title");
    }
    if (told === mark || !mark.dataset.hint) return;
    hide();
    told = mark;
    const cut = mark.dataset.hint.lastIndexOf("” — ") + 1;
    const quote = document.createElement("q");
    quote.textContent = mark.dataset.hint.slice(1, cut - 1);
    const from = document.createElement("span");
    from.textContent = mark.dataset.hint.slice(cut + 3);
    tip.replaceChildren(quote, from);
    tip.hidden = false;
    mark.setAttribute("aria-describedby", tip.id);
    put(mark);
  };
  const put = (mark) => {
    const at = mark.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left - 24), document.documentElement.clientWidth - tip.offsetWidth - 8);
    const above = at.top - tip.offsetHeight - 6;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${above > 8 ? above : at.bottom + 6}px`;
  };
  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const mark = event.target.closest?.("a.fmqa-mark");
      if (mark) {
        show(mark);
        fetched(mark); // so that it is there when it is clicked
      } else if (event.target.closest?.("#fmqa-tip")) {
        clearTimeout(leaving);
      } else if (!tip.hidden && document.activeElement !== told) {
        clearTimeout(leaving);
        leaving = setTimeout(hide, 150);
      }
    });
  }
  document.addEventListener("focusout", (event) => { if (event.target === told) hide(); });
  document.addEventListener("scroll", () => {
    if (told && document.activeElement === told) put(told); // focus itself scrolls the page
    else hide();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (!tip.hidden) hide();
    else close();
  });
}
