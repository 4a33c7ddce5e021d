"""Static files under hashed names, compressed once at set-up."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    # Rewrites `import … from "./x.js"` to the hashed name, so modules need no import map.
    support_js_module_import_aggregation = True
