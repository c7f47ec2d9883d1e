// What is wrong with the pictures and the text of a page, as a list of sentences, and where the first
// picture is.
(() => {
  const faults = [];
  const words = (text) => `'${text.textContent.slice(0, 40)}'`;
  const inside = (a, b) =>
    a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;

  // Colours, and how well they are told apart (WCAG 2.1, 1.4.3).
  const parsed = (colour) => {
    const numbers = colour.match(/[\d.]+/g)?.map(Number);
    return numbers ? [...numbers.slice(0, 3), numbers[3] ?? 1] : [0, 0, 0, 0];
  };
  const over = (above, below, opacity) =>
    [0, 1, 2].map((i) => above[i] * opacity + below[i] * (1 - opacity));
  const luminance = (colour) => {
    const [r, g, b] = colour.map((c) => {
      c /= 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const area = (rectangle, ground) => {
    const style = getComputedStyle(rectangle);
    const pattern = style.fill.match(/url\(["']?#([^"')]+)/);
    const fill = pattern
      ? getComputedStyle(document.getElementById(pattern[1]).querySelector("rect")).fill
      : style.fill;
    return over(parsed(fill), ground, Number(style.fillOpacity) * parsed(fill)[3]);
  };

  // Where the picture itself is: what shows a file may be larger than it.
  const place = (picture) => {
    const box = picture.viewBox.baseVal;
    const corners = [new DOMPoint(box.x, box.y), new DOMPoint(box.x + box.width, box.y + box.height)];
    const [from, to] = corners.map((corner) => corner.matrixTransform(picture.getScreenCTM()));
    return new DOMRect(from.x, from.y, to.x - from.x, to.y - from.y);
  };

  const pictures = document.querySelectorAll("svg");
  let texts = 0;
  for (const picture of pictures) {
    const view = place(picture);
    if (view.width < 100 || view.height < 50) faults.push("a picture is hardly to be seen");
    const cover = picture.querySelector("rect.ground");
    const ground = cover ? area(cover, [255, 255, 255]) : [255, 255, 255];
    const all = [...picture.querySelectorAll("text")];
    texts += all.length;
    const boxes = all.map((text) => text.getBoundingClientRect());
    for (const [i, text] of all.entries()) {
      const box = boxes[i];
      if (!(box.width > 0)) faults.push(`${words(text)} is not drawn`);
      if (!inside(box, view)) faults.push(`${words(text)} leaves the picture`);
      const first = text.parentElement.firstElementChild;
      const band = text.parentElement.localName === "g" && first.localName === "rect" && first;
      if (band && !inside(box, band.getBoundingClientRect()))
        faults.push(`${words(text)} leaves its band`);
      const below = band ? area(band, ground) : ground;
      const found = contrast(over(parsed(getComputedStyle(text).fill), below, 1), below);
      if (found < 4.5) faults.push(`${words(text)} has a contrast of ${found.toFixed(1)}`);
      // A box is as high as a line; letters take about its middle half.
      for (let j = 0; j < i; j++) {
        const [wide, high] = [
          Math.min(box.right, boxes[j].right) - Math.max(box.left, boxes[j].left),
          Math.min(box.bottom, boxes[j].bottom) - Math.max(box.top, boxes[j].top),
        ];
        const [w, h] = [Math.min(box.width, boxes[j].width), Math.min(box.height, boxes[j].height)];
        if (wide > w * 0.25 && high > h * 0.25 && wide > 2 && high > 2)
          faults.push(`${words(text)} lies over ${words(all[j])}`);
      }
    }
  }

  if (document.body) {
    if (document.documentElement.scrollWidth > innerWidth + 1) faults.push("the page is too wide");
    const style = getComputedStyle(document.body);
    const found = contrast(parsed(style.color).slice(0, 3), parsed(style.backgroundColor).slice(0, 3));
    if (found < 4.5) faults.push(`the page's text has a contrast of ${found.toFixed(1)}`);
    for (const cell of document.querySelectorAll("h1, h2, p, th, td, figure"))
      if (cell.scrollWidth > cell.clientWidth + 1) faults.push(`${words(cell)} overflows`);
    texts += document.body.innerText.length > 0 ? 1 : 0;
  }
  if (texts === 0) faults.push("there are no words");
  const view = document.body ? new DOMRect(0, 0, innerWidth, innerHeight) : place(pictures[0]);
  return { faults, view: { x: view.x, y: view.y, width: view.width, height: view.height } };
})()
