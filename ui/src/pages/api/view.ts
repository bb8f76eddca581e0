// Which routes the API page shows, and which of them is open.

import { View, text } from "../../state.ts";

export const api_view = new View({ find: text(), open: text() });
