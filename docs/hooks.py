"""What the site has beyond the pages beside this file: those at the top of the repository."""

from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "weaknesses.md"}


def on_files(files, config):
    """Add the pages at the top of the repository."""
    for name, page in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown, page, config, files):  # noqa: ARG001 (MkDocs's signature)
    """Point links to the top of the repository to the pages of the site."""
    for name, page_there in PAGES.items():
        markdown = markdown.replace(f"](../{name}", f"]({page_there}")
    return markdown
