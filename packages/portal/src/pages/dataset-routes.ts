import { confirmationPage } from './confirmation-page.ts'
import {
  changeable,
  createDataset,
  editDatasetPage,
  newDatasetPage,
  updateDataset,
} from './dataset-form-page.ts'
import { datasetListPage } from './dataset-list-page.ts'
import { datasetPage } from './dataset-page.ts'
import type { Pages } from './pages.ts'
import {
  changeableResource,
  createResource,
  editResourcePage,
  newResourcePage,
  updateResource,
} from './resource-form-page.ts'
import { shownName, resourcePage } from './resource-page.ts'

/** Datasets and their resources. */
export function datasetPages(pages: Pages): void {
  pages.show('/dataset', datasetListPage)
  pages.show('/dataset/new', newDatasetPage)
  pages.submit('/dataset/new', createDataset)
  pages.show('/dataset/edit/:id', editDatasetPage)
  pages.submit('/dataset/edit/:id', updateDataset)
  pages.show('/dataset/delete/:id', async (visit) => {
    const { name, title } = await changeable(visit)
    return confirmationPage(visit, {
      title: 'Delete the dataset',
      question: `Delete “${title}” with all its resources?`,
      deed: 'Delete the dataset',
      back: `/dataset/${name}`,
    })
  })
  pages.submit('/dataset/delete/:id', async (visit) => {
    const { id, title } = await changeable(visit)
    await visit.call('package_delete', { id })
    visit.flash(`“${title}” has been deleted.`)
    return { redirect: '/dataset' }
  })
  pages.show('/dataset/:id', datasetPage)
  pages.show('/dataset/:id/resource/new', newResourcePage)
  pages.submit('/dataset/:id/resource/new', createResource)
  pages.show('/dataset/:id/resource/:resource', resourcePage)
  pages.show('/dataset/:id/resource/:resource/edit', editResourcePage)
  pages.submit('/dataset/:id/resource/:resource/edit', updateResource)
  pages.show('/dataset/:id/resource/:resource/delete', async (visit) => {
    const { dataset, resource } = await changeableResource(visit)
    return confirmationPage(visit, {
      title: 'Delete the resource',
      question: `Delete “${shownName(resource)}” of “${dataset.title}”?`,
      deed: 'Delete the resource',
      back: `/dataset/${dataset.name}/resource/${resource.id}`,
    })
  })
  pages.submit('/dataset/:id/resource/:resource/delete', async (visit) => {
    const { dataset, resource } = await changeableResource(visit)
    await visit.call('resource_delete', { id: resource.id })
    visit.flash(`“${shownName(resource)}” has been deleted.`)
    return { redirect: `/dataset/${dataset.name}` }
  })
}
