import { revealForScript } from "./library-list.js";

revealForScript(document);
