"""Projects, in which tracking links are made."""

from typing import Any

from sqlalchemy import Connection

from hookwright_sender.api import pagination, times
from hookwright_sender.api.call import Call
from hookwright_sender.api.components import (
    ID,
    NO_NUL,
    SAMPLE_ID,
    SAMPLE_TIME,
    TIME,
    answered,
    page_of,
    wanted,
)
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.platform.errors import InvalidValue, NotFound
from hookwright_sender.platform.projects import Project

NAME = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "pattern": NO_NUL,
    "description": "For people, and a field of every link's event.",
}
NEW = {"name": "project #1"}
SAMPLE = {"id": SAMPLE_ID, **NEW, "created_at": SAMPLE_TIME}


def shown(project: Project) -> dict[str, Any]:
    """Write a project."""
    return {
        "id": str(project.id),
        "name": project.name,
        "created_at": times.written(project.created_at),
    }


async def create(call: Call) -> Reply:
    """Make a project."""

    def work(connection: Connection) -> Reply:
        project = call.services.projects.create(
            call.principal, call.body["name"], connection=connection
        )
        return Reply(shown(project), 201, {"location": f"{PREFIX}/projects/{project.id}"})

    return await call.once(work)


async def page(call: Call) -> Reply:
    """List projects."""
    return Reply(pagination.shown(await call.run(call.services.projects.page, *call.page), shown))


async def get(call: Call) -> Reply:
    """Show a project."""
    return Reply(shown(await call.run(call.services.projects.get, call.principal, call.id)))


RESOURCE = Resource(
    "Projects",
    "Projects, in which tracking links are made.",
    (
        Operation(
            "POST", f"{PREFIX}/projects", "createProject", "Projects", "Make a project", create,
            (
                Answer(
                    201, "The project.", "Project", SAMPLE, ("location",),
                    {"getProject": "id", "createLink": "id", "setProjectWebhook": "id"},
                ),
            ),
            body="NewProject", body_example=NEW, refusals=(InvalidValue,), idempotent=True,
        ),
        Operation(
            "GET", f"{PREFIX}/projects", "listProjects", "Projects", "List the projects", page,
            (Answer(200, "A page of projects.", "ProjectPage", {"items": [SAMPLE], "next": None}),),
            query=pagination.PARAMETERS,
        ),
        Operation(
            "GET", f"{PREFIX}/projects/{{id}}", "getProject", "Projects", "Show a project", get,
            (Answer(200, "The project.", "Project", SAMPLE),),
            refusals=(NotFound,),
        ),
    ),
    {
        "Project": answered({"id": ID, "name": {"type": "string"}, "created_at": TIME}),
        "NewProject": wanted({"name": NAME}, "name"),
        "ProjectPage": page_of("Project"),
    },
)  # fmt: skip
