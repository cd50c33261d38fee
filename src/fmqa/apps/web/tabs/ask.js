() => {
  // A new question goes to the top of the view, so that its answer is read from its beginning.
  let questions = 0;
  const look = () => {
    const all = document.querySelectorAll("#fmqa-chat .fmqa-question");
    if (all.length > questions) {
      all[all.length - 1].scrollIntoView({ block: "start", behavior: "smooth" });
    }
    questions = all.length;
    // The component reads its own markup out to screen readers.
    for (const [role, name] of [["user", "Question"], ["bot", "Answer"]]) {
      for (const message of document.querySelectorAll(`#fmqa-chat [data-testid="${role}"]`)) {
        if (message.getAttribute("aria-label") !== name) message.setAttribute("aria-label", name);
      }
    }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });

  // A citation's number opens its source.
  document.addEventListener("click", (event) => {
    const mark = event.target.closest?.("a.fmqa-mark");
    if (!mark) return;
    event.preventDefault();
    const card = document.getElementById(mark.getAttribute("href").slice(1));
    if (!card) return;
    card.open = true;
    card.scrollIntoView({ block: "center", behavior: "smooth" });
    card.querySelector("summary").focus({ preventScroll: true });
    card.classList.add("fmqa-flash");
    setTimeout(() => card.classList.remove("fmqa-flash"), 1600);
  });
}
