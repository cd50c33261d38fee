() => {
  // Another language's page comes with what stands in this one's address, such as filters.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".fmqa-languages a");
    if (!link) return;
    const url = new URL(link.getAttribute("href"), window.location.href);
    const language = url.searchParams.get("lang");
    url.search = window.location.search;
    if (language) url.searchParams.set("lang", language);
    link.href = url.href;
  });
}
