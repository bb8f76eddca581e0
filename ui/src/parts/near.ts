// What is far below the window is not asked for yet.

import { useEffect, useState } from "preact/hooks";

/** Whether an element has come near the window; then it stays so. */
export function use_near(host: {
  readonly current: HTMLElement | null;
}): boolean {
  const [is_near, set_near] = useState(false);
  useEffect(() => {
    const element = host.current;
    if (element === null || is_near) return undefined;
    const observer = new IntersectionObserver(
      (seen) => {
        if (seen.some((one) => one.isIntersecting)) set_near(true);
      },
      { rootMargin: "400px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [is_near]);
  return is_near;
}
